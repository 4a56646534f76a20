using Nonet.Text.Chat;

namespace Nonet.Inference.Tools.Formats;

/// <summary>Mistral's tokenizers from v11 on: each call has its own marks, and only its arguments are JSON.</summary>
sealed class MistralArgumentsFormat : ToolCallFormat
{
    const string Arguments = "[ARGS]";

    public override string Name => "mistral-args";

    internal override IReadOnlyList<ToolCallPart> Begin { get; } = [ToolCallPart.Mark(MistralFormat.Mark)];

    internal override IReadOnlyList<ToolCallPart> Call { get; } =
        [ToolCallPart.Name, ToolCallPart.IdAfter("[CALL_ID]"), ToolCallPart.Mark(Arguments), ToolCallPart.Arguments];

    internal override bool Repeats => true;

    internal override bool IsOf(ChatTemplate template) => template.Mentions(MistralFormat.Mark) && template.Mentions(Arguments);

    internal override string IdFor(string id) => ShortId(id);
}
