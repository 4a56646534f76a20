using Nonet.Text.Chat;

namespace Nonet.Inference.Tools.Formats;

/// <summary>Qwen3-Coder: a function with a tag for each parameter, between the tags of Hermes. Strings are not quoted.</summary>
sealed class QwenCoderFormat : ToolCallFormat
{
    const string Function = "<function=", Parameter = "<parameter=";

    public override string Name => "qwen3-coder";

    internal override IReadOnlyList<ToolCallPart> Begin { get; } = [ToolCallPart.Mark("<tool_call>"), ToolCallPart.Line];

    internal override IReadOnlyList<ToolCallPart> Call { get; } =
    [
        ToolCallPart.Mark(Function), ToolCallPart.Name, ToolCallPart.Mark(">"), ToolCallPart.Line,
        ToolCallPart.ParametersBetween(new ParameterMarks(Parameter, ">", "</parameter>") { HasLines = true }), ToolCallPart.Mark("</function>"),
    ];

    internal override IReadOnlyList<ToolCallPart> End { get; } = [ToolCallPart.Line, ToolCallPart.Mark("</tool_call>")];

    internal override bool Repeats => true;

    internal override bool IsOf(ChatTemplate template) => template.Mentions(Function) && template.Mentions(Parameter);
}
