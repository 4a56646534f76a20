using Nonet.Text.Chat;

namespace Nonet.Inference.Tools.Formats;

/// <summary>DeepSeek V3 and R1, and models distilled from R1: each call has its type, its name, and its arguments in a fence of Markdown.</summary>
sealed class DeepSeekFormat : ToolCallFormat
{
    public const string Mark = "<｜tool▁calls▁begin｜>", EndMark = "<｜tool▁calls▁end｜>", CallMark = "<｜tool▁call▁begin｜>", CallEnd = "<｜tool▁call▁end｜>",
        Separating = "<｜tool▁sep｜>";

    const string Fence = "```json";

    public override string Name => "deepseek";

    internal override IReadOnlyList<ToolCallPart> Begin { get; } = [ToolCallPart.Mark(Mark)];

    internal override IReadOnlyList<ToolCallPart> Call { get; } =
    [
        ToolCallPart.Mark(CallMark), ToolCallPart.Mark("function"), ToolCallPart.Mark(Separating), ToolCallPart.Name, ToolCallPart.Line,
        ToolCallPart.Mark(Fence), ToolCallPart.Line, ToolCallPart.Arguments, ToolCallPart.Line, ToolCallPart.Mark("```"), ToolCallPart.Mark(CallEnd),
    ];

    internal override IReadOnlyList<ToolCallPart> Separator { get; } = [ToolCallPart.Line];

    internal override IReadOnlyList<ToolCallPart> End { get; } = [ToolCallPart.Mark(EndMark)];

    internal override bool IsOf(ChatTemplate template) => template.Mentions(Mark) && template.Mentions(Fence);
}
