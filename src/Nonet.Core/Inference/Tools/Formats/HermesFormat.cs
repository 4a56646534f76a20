using Nonet.Text.Chat;

namespace Nonet.Inference.Tools.Formats;

/// <summary>
/// Hermes 2 Pro and 3, Qwen 2.5 and 3, SmolLM 3: a JSON object between tags, one block per call. Qwen3-Coder has XML between these tags; see
/// <see cref="QwenCoderFormat"/>.
/// </summary>
sealed class HermesFormat : ToolCallFormat
{
    public override string Name => "hermes";

    internal override IReadOnlyList<ToolCallPart> Begin { get; } = [ToolCallPart.Mark("<tool_call>"), ToolCallPart.Line];

    internal override IReadOnlyList<ToolCallPart> Call { get; } = [ToolCallPart.Object()];

    internal override IReadOnlyList<ToolCallPart> End { get; } = [ToolCallPart.Line, ToolCallPart.Mark("</tool_call>")];

    internal override bool Repeats => true;

    internal override bool IsOf(ChatTemplate template) => template.Mentions("<tool_call>") && !template.Mentions("<function=");
}
