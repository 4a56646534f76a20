using Nonet.Text.Chat;

namespace Nonet.Inference.Tools.Formats;

/// <summary>For models that were not trained to call tools: the prompt explains the tools and the format of a call.</summary>
sealed class PlainFormat : ToolCallFormat
{
    /// <summary>Instructions for a model whose template does not list tools.</summary>
    /// <param name="tools">Definitions of the tools, one per line.</param>
    /// <param name="example">An example of a call.</param>
    public static string Instructions(string tools, string example) => $"""
        You can call these tools. Each line describes one, as JSON:
        {tools}

        To call a tool, write this and nothing after it:
        {example}
        You then receive the result. Answer without a call if you need no tool.
        """;

    public override string Name => "plain";

    internal override IReadOnlyList<ToolCallPart> Begin { get; } = [ToolCallPart.Mark("<tool_call>"), ToolCallPart.Line];

    internal override IReadOnlyList<ToolCallPart> Call { get; } = [ToolCallPart.Object()];

    internal override IReadOnlyList<ToolCallPart> End { get; } = [ToolCallPart.Line, ToolCallPart.Mark("</tool_call>")];

    internal override bool Repeats => true;

    internal override bool IsOf(ChatTemplate template) => true;
}
