using Nonet.Text.Chat;

namespace Nonet.Inference.Tools.Formats;

/// <summary>Llama 3.1 to 3.3: the whole reply is one JSON object, optionally after the token &lt;|python_tag|&gt;.</summary>
sealed class LlamaFormat : ToolCallFormat
{
    public override string Name => "llama3";

    internal override IReadOnlyList<ToolCallPart> Begin { get; } = [ToolCallPart.Mark("<|python_tag|>", isOptional: true)];

    internal override IReadOnlyList<ToolCallPart> Call { get; } = [ToolCallPart.Object("parameters")];

    internal override bool OnlyAtStart => true;

    internal override bool IsOf(ChatTemplate template) =>
        template.Mentions("<|start_header_id|>") && (template.Mentions("\"parameters\": ") || template.Mentions("<|python_tag|>"));
}
