import Assistant
import Auth
import Base
import Function
import HTTP
import Operation
import Remediation

/// POST /api/ai-chat: answers a member's message, or requests an action that the member confirms.
@main struct AIChat: Function {
    /// The length of a file of 10 MiB in base64, and room for the message.
    static let maximumBodyLength = 15 << 20

    static let onRequestPost = handler()

    /// Creates the handler of POST. `pause` is the pause, in seconds, before the first retry of a failed call of
    /// Anthropic's API.
    static func handler(pause: Double = 0.5) -> Handler {
        Handler(
            "send_chat_message", .session(.view),
            "Answers a message with the help of the workspace's data, or carries out an action that the member confirms.",
            .required(
                "message", .text(1...32_000), "The user's message.", example: .string("Who has no second factor?")),
            .optional("sessionId", .uuid, "The conversation to continue; a new one if it is left out or unknown."),
            .optional("fileBase64", .base64, "A file: PDF, JPEG, PNG, WebP, GIF or plain text, at most 10 MB."),
            .optional("fileName", .string(1...255), "The file's name."),
            .optional("confirmationToken", .string(1...200), "The token that approves an action of an earlier answer."),
            returns: .json(ChatAnswer.self).rateLimited,
            errors: [
                AssistantError.unreadableMessage, AssistantError.invalidConfirmation, AssistantError.mayNotConfirm,
                AssistantError.changedTarget, AssistantError.tooLongFile, AssistantError.unknownFileType,
                AssistantError.rateLimited(seconds: 30), AssistantError.unavailable, AssistantError.failed,
            ]
        ) { context, message, sessionID, file, fileName, token in
            let assistant = try Assistant(context.env, remediation: Remediation(context.env), pause: pause, context.log)
            let (workspace, now) = (context.workspace, context.now)
            if let token {
                return .json(
                    try assistant.confirm(token, message: message, sessionID: sessionID, in: workspace, now: now))
            }
            let attachment = try file.map { try Attachment(base64: $0, name: fileName) }
            let answer = try assistant.answer(message, attachment, sessionID: sessionID, in: workspace, now: now)
            var response = Response.json(answer)
            for field in answer.rateLimit?.headers.fields ?? [] { response.headers.add(field.name, field.value) }
            return response
        }
    }
}
