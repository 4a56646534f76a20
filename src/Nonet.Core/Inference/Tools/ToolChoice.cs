namespace Nonet.Inference.Tools;

/// <summary>Whether a reply may, must or must not call tools.</summary>
/// <param name="MayCall">Whether the reply may call a tool.</param>
/// <param name="MustCall">Whether it must call one.</param>
/// <param name="Name">The only tool that may be called; null: any.</param>
public sealed record ToolChoice(bool MayCall, bool MustCall, string? Name = null)
{
    /// <summary>The model decides.</summary>
    public static ToolChoice Auto { get; } = new(true, false);

    /// <summary>The reply calls no tool.</summary>
    public static ToolChoice None { get; } = new(false, false);

    /// <summary>The reply calls a tool.</summary>
    public static ToolChoice Required { get; } = new(true, true);

    /// <summary>The reply calls the tool of this name.</summary>
    public static ToolChoice Tool(string name) => new(true, true, name);
}
