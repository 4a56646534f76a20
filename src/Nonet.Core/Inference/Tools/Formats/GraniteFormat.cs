using Nonet.Text.Chat;

namespace Nonet.Inference.Tools.Formats;

/// <summary>Granite 3: a list of JSON objects after one token.</summary>
sealed class GraniteFormat : ToolCallFormat
{
    const string Mark = "<|tool_call|>";

    public override string Name => "granite";

    internal override IReadOnlyList<ToolCallPart> Begin { get; } = [ToolCallPart.Mark(Mark), ToolCallPart.Space, ToolCallPart.Mark("[")];

    internal override IReadOnlyList<ToolCallPart> Call { get; } = [ToolCallPart.Object()];

    internal override IReadOnlyList<ToolCallPart> Separator { get; } = [ToolCallPart.Mark(","), ToolCallPart.Space];

    internal override IReadOnlyList<ToolCallPart> End { get; } = [ToolCallPart.Mark("]")];

    internal override bool IsOf(ChatTemplate template) => template.Mentions(Mark) && !template.Mentions("<|/tool_call|>"); // Phi's template writes no list
}
