namespace Nonet.Inference.Tools;

/// <summary>Whether a reply begins with thoughts between <see cref="ThinkingMarks.Open"/> and <see cref="ThinkingMarks.Close"/>.</summary>
enum Thinking
{
    /// <summary>The model has no such marks.</summary>
    None,

    /// <summary>The reply may begin with thoughts.</summary>
    May,

    /// <summary>The prompt ends with the opening mark.</summary>
    Opened,
}

/// <summary>The marks of thoughts: DeepSeek R1, Qwen 3, QwQ, SmolLM 3 and others.</summary>
static class ThinkingMarks
{
    public const string Open = "<think>", Close = "</think>";
}
