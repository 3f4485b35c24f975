import Assistant
import Base
import Function
import HTTP
import Remediation

/// POST /api/ai-chat: answers a message of a member, or carries out what a member confirms.
@main struct AIChat: Function {
    /// A file of 10 MiB in base64, and room for the message.
    static let maximumBodyLength = 15 << 20

    static let onRequestPost = handler()

    /// `pause` is the first pause before Anthropic's API is asked again, in seconds.
    static func handler(pause: Double = 0.5) -> Handler {
        Handler(
            .session(.view),
            .required("message", .text(1...32_000), "What the user says."),
            .optional("sessionId", .uuid, "The conversation to go on with; left out, or new, it begins one."),
            .optional("fileBase64", .base64, "A file: PDF, JPEG, PNG, WebP, GIF or plain text, 10 MB at most."),
            .optional("fileName", .string(1...255), "The file's name."),
            .optional("confirmationToken", .string(1...200), "What approves an action that an earlier answer proposed.")
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
