public import Store

/// The kinds of problems that rules look for.
public enum Category: String, SQLEnum, CaseIterable, Sendable {
    case identitySecurity = "identity_security"
    case accessHygiene = "access_hygiene"
    case shadowIT = "shadow_it"
    case devicePosture = "device_posture"
    case licenseWaste = "license_waste"
    case compoundRisk = "compound_risk"
    case driftSignal = "drift_signal"
    case behavioralAnomaly = "behavioral_anomaly"
    case accessRisk = "access_risk"
    /// Rules of this category read findings of the rules of all other categories, so they run last.
    case findingCorrelation = "finding_correlation"
}
