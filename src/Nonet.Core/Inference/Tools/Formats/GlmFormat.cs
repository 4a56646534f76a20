using Nonet.Text.Chat;

namespace Nonet.Inference.Tools.Formats;

/// <summary>GLM-4.5 and 4.6: the tool's name, then tags around the name and value of each argument. Strings are not quoted.</summary>
sealed class GlmFormat : ToolCallFormat
{
    const string Key = "<arg_key>";

    public override string Name => "glm";

    internal override IReadOnlyList<ToolCallPart> Begin { get; } = [ToolCallPart.Mark("<tool_call>")];

    internal override IReadOnlyList<ToolCallPart> Call { get; } =
    [
        ToolCallPart.Name, ToolCallPart.Line,
        ToolCallPart.ParametersBetween(new ParameterMarks(Key, "</arg_key>", "</arg_value>") { ValueStart = "<arg_value>" }),
    ];

    internal override IReadOnlyList<ToolCallPart> End { get; } = [ToolCallPart.Mark("</tool_call>")];

    internal override bool Repeats => true;

    internal override bool IsOf(ChatTemplate template) => template.Mentions(Key);
}
