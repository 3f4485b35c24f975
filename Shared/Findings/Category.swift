import Store

/// What kind of problem a rule looks for.
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
    /// Runs after all others, over what they found.
    case findingCorrelation = "finding_correlation"
}
