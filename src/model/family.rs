//! Families of models: those that speak alike on the wire and in their restrictions.

/// A family of models, read from the beginning of a foundation id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Amazon Nova, embeddings included.
    Nova,
    /// Amazon Titan, embeddings included.
    Titan,
    /// Amazon's models for reranking.
    AmazonRerank,
    /// Anthropic Claude.
    Claude,
    /// Meta Llama.
    Llama,
    /// Mistral AI.
    Mistral,
    /// Cohere: Command, Embed and Rerank.
    Cohere,
    /// `DeepSeek`.
    DeepSeek,
    /// `OpenAI`.
    OpenAi,
    /// AI21 Labs: Jamba and Jurassic.
    Ai21,
    /// Google Gemma.
    Gemma,
    /// `MiniMax`.
    MiniMax,
    /// Moonshot AI's Kimi.
    Kimi,
    /// NVIDIA Nemotron.
    Nemotron,
    /// Alibaba's Qwen.
    Qwen,
    /// Writer's Palmyra.
    Palmyra,
    /// xAI's Grok.
    Grok,
    /// Z.ai's GLM.
    Glm,
    /// A family that is not known here.
    Other,
}

impl Family {
    /// Returns the family of a foundation id, such as `amazon.nova-lite-v1:0`.
    pub fn of(base: &str) -> Self {
        let (provider, name) = base.split_once('.').unwrap_or(("", base));
        match provider {
            "amazon" if name.starts_with("nova") => Self::Nova,
            "amazon" if name.starts_with("titan") => Self::Titan,
            "amazon" if name.starts_with("rerank") => Self::AmazonRerank,
            "anthropic" => Self::Claude,
            "meta" => Self::Llama,
            "mistral" => Self::Mistral,
            "cohere" => Self::Cohere,
            "deepseek" => Self::DeepSeek,
            "openai" => Self::OpenAi,
            "ai21" => Self::Ai21,
            "google" => Self::Gemma,
            "minimax" => Self::MiniMax,
            "moonshot" | "moonshotai" => Self::Kimi,
            "nvidia" => Self::Nemotron,
            "qwen" => Self::Qwen,
            "writer" => Self::Palmyra,
            "xai" => Self::Grok,
            "zai" => Self::Glm,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_from_provider_and_name() {
        for (base, expected) in [
            ("amazon.nova-2-lite-v1:0", Family::Nova),
            ("amazon.titan-embed-text-v2:0", Family::Titan),
            ("amazon.rerank-v1:0", Family::AmazonRerank),
            ("amazon.something-new", Family::Other),
            ("moonshot.kimi-k2-thinking", Family::Kimi),
            ("openai.gpt-oss-20b-1:0", Family::OpenAi),
            ("claude", Family::Other),
        ] {
            assert_eq!(Family::of(base), expected, "{base}");
        }
    }
}
