using Nonet.Text.Chat;

namespace Nonet.Inference.Tools.Formats;

/// <summary>Mistral's tokenizers v2 to v7: a list of JSON objects after one mark.</summary>
sealed class MistralFormat : ToolCallFormat
{
    public const string Mark = "[TOOL_CALLS]";

    public override string Name => "mistral";

    internal override IReadOnlyList<ToolCallPart> Begin { get; } = [ToolCallPart.Mark(Mark), ToolCallPart.Space, ToolCallPart.Mark("[")];

    internal override IReadOnlyList<ToolCallPart> Call { get; } = [ToolCallPart.Object(hasId: true)];

    internal override IReadOnlyList<ToolCallPart> Separator { get; } = [ToolCallPart.Mark(","), ToolCallPart.Space];

    internal override IReadOnlyList<ToolCallPart> End { get; } = [ToolCallPart.Mark("]")];

    internal override bool IsOf(ChatTemplate template) => template.Mentions(Mark);

    internal override string IdFor(string id) => ShortId(id);
}
