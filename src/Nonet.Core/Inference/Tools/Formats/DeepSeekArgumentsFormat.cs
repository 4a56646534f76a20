using Nonet.Text.Chat;

namespace Nonet.Inference.Tools.Formats;

/// <summary>DeepSeek V3.1: marks around the name and the arguments of each call.</summary>
sealed class DeepSeekArgumentsFormat : ToolCallFormat
{
    public override string Name => "deepseek-args";

    internal override IReadOnlyList<ToolCallPart> Begin { get; } = [ToolCallPart.Mark(DeepSeekFormat.Mark)];

    internal override IReadOnlyList<ToolCallPart> Call { get; } =
    [
        ToolCallPart.Mark(DeepSeekFormat.CallMark), ToolCallPart.Name, ToolCallPart.Mark(DeepSeekFormat.Separating), ToolCallPart.Arguments,
        ToolCallPart.Mark(DeepSeekFormat.CallEnd),
    ];

    internal override IReadOnlyList<ToolCallPart> Separator { get; } = [];

    internal override IReadOnlyList<ToolCallPart> End { get; } = [ToolCallPart.Mark(DeepSeekFormat.EndMark)];

    internal override bool IsOf(ChatTemplate template) => template.Mentions(DeepSeekFormat.Mark);
}
