public import Base

/// The reason why the assistant does not answer, or why a tool does not do what it was asked.
public struct AssistantError: DomainError, Equatable {
    public let kind: ErrorKind
    public let code: String
    public let sentence: String
    public let retryAfter: Int?

    private init(_ kind: ErrorKind, _ name: String, _ sentence: String, retryAfter: Int? = nil) {
        self.kind = kind
        code = "assistant." + name
        self.sentence = sentence
        self.retryAfter = retryAfter
    }

    // MARK: Anthropic's API

    static let notSetUp = AssistantError(
        .unavailable, "not_set_up", "The AI assistant is not set up on this server.")
    public static let unavailable = AssistantError(
        .unavailable, "unavailable", "The AI assistant is temporarily unavailable. Try again in a moment.",
        retryAfter: 30)
    static let spendingLimit = AssistantError(
        .limited, "spending_limit", "The AI assistant has reached its spending limit. Try again later.")

    public static func rateLimited(seconds: Int?) -> AssistantError {
        AssistantError(
            .limited, "rate_limited", "The AI assistant is at its rate limit. Try again in a moment.",
            retryAfter: seconds)
    }

    public static let unreadableMessage = AssistantError(
        .invalid, "message_unreadable", "The AI assistant can't read this message or its file.")
    static let tooLongMessage = AssistantError(
        .tooLarge, "message_too_long", "The message and its file are too long for the AI assistant.")
    public static let failed = AssistantError(
        .internal, "failed", "The AI assistant could not answer. Try again later.")

    // MARK: Attachments

    public static let tooLongFile = AssistantError(.tooLarge, "file_too_long", "The file is longer than 10 MB.")
    static let invalidFile = AssistantError(.invalid, "file_invalid", "fileBase64 must be a file in base64.")
    public static let unknownFileType = AssistantError(
        .invalid, "file_type_unknown", "The file must be a PDF, a JPEG, PNG, WebP or GIF image, or plain text.")

    static func misnamedFile(_ type: String) -> AssistantError {
        AssistantError(
            .invalid, "file_misnamed", "The file is not what its name says: its content is \(type).")
    }

    // MARK: Confirmations

    /// The error for every token that is not valid. It does not give the reason.
    public static let invalidConfirmation = AssistantError(
        .notFound, "confirmation_invalid", "The confirmation token has expired or is not valid.")
    public static let mayNotConfirm = AssistantError(
        .refused, "may_not_confirm", "Your role or plan does not allow this.")
    public static let changedTarget = AssistantError(
        .conflict, "target_changed", "The target has changed in the meantime. Ask for it again.")
    /// The caller is not a member. The endpoint accepts only members, so this is a defect.
    static let notMember = AssistantError(
        .internal, "not_member", "Something went wrong on our side. Try again later.")

    // MARK: Tools

    static let toolNotAllowed = AssistantError(
        .refused, "tool_not_allowed", "This person's role or plan does not allow this.")
    static let unknownTool = AssistantError(.refused, "tool_unknown", "There is no such tool.")
    static let proposedAlready = AssistantError(
        .conflict, "proposed_already", "This has already been proposed.")

    static func tooManyChanges(_ most: Int) -> AssistantError {
        AssistantError(
            .conflict, "too_many_changes",
            "One message may lead to \(most) changes. The person must ask again.")
    }

    /// An input of a tool's call is missing or malformed.
    static func invalidInput(_ sentence: String) -> AssistantError {
        AssistantError(.invalid, "input_invalid", sentence)
    }

    /// The workspace has no object with the name that a tool's call gives.
    static func unknown(_ sentence: String) -> AssistantError { AssistantError(.notFound, "unknown", sentence) }
    static let noTicketing = AssistantError(.conflict, "no_ticketing", "No ticketing platform is connected.")
    static let severalDevices = AssistantError(
        .conflict, "several_devices", "Several devices have this host name.")
}
