import Connectors

/// A list of AI tools: assistants, writers, note takers and other applications that see people's work.
enum AITools {
    /// Publishers that mostly make AI tools.
    private static let publishers: Set = [
        "openai", "anthropic", "mistral ai", "cohere", "perplexity", "perplexity ai", "hugging face", "midjourney",
        "stability ai", "elevenlabs", "runway", "deepseek", "x.ai", "xai", "character.ai", "inflection ai", "cursor",
        "anysphere", "codeium", "jasper", "writer", "grammarly", "otter.ai", "fireflies.ai", "fathom", "read ai",
        "tl;dv", "copy.ai", "synthesia", "descript", "replit", "lovable",
    ]

    /// The names of products in lower case. A name without a space must be a whole word.
    private static let names = [
        "chatgpt", "openai", "gpt", "claude", "anthropic", "gemini", "bard", "notebooklm", "copilot", "perplexity",
        "mistral", "le chat", "deepseek", "grok", "poe", "pi", "midjourney", "dall-e", "stable diffusion",
        "hugging face", "huggingface", "cursor", "codeium", "windsurf", "tabnine", "codewhisperer", "amazon q",
        "replit",
        "lovable", "jasper", "copy.ai", "writesonic", "wordtune", "grammarly", "quillbot", "otter.ai", "otter",
        "fireflies", "fireflies.ai", "fathom", "read.ai", "tldv", "krisp", "supernormal", "gamma", "tome", "synthesia",
        "heygen", "descript", "elevenlabs", "runway", "character.ai", "ai",
    ]

    /// Names that are also ordinary words. They count only as the application's whole name. Before "AI" they need not
    /// count, since that word counts by itself.
    private static let ambiguous: Set = [
        "pi", "poe", "otter", "gamma", "tome", "runway", "cursor", "fathom", "bard", "jasper", "gemini", "grok",
        "mistral", "claude", "windsurf",
    ]

    /// Returns true if an application is an AI tool, by its publisher or its name. Any word of the name that ends in
    /// `.ai` counts.
    static func include(_ application: ApplicationRecord) -> Bool {
        if let publisher = application.publisher?.lowercased(), publishers.contains(maker(publisher)) { return true }
        let name = application.name.lowercased()
        let words = name.split { !($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") }
        return names.contains { known in
            if ambiguous.contains(known) { return name == known }
            return known.contains(" ") ? name.contains(known) : words.contains { $0 == known || $0.hasSuffix(".ai") }
        }
    }

    /// Returns a publisher's name, given in lower case, without the usual legal forms at its end.
    private static func maker(_ name: String) -> String {
        var name = name[...]
        for ending in [", inc.", " inc.", " inc", ", llc", " llc", " pbc", ", pbc", " ltd", " gmbh"]
        where name.hasSuffix(ending) { name = name.dropLast(ending.count) }
        return String(name)
    }
}
