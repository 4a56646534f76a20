using Nonet.Inference;

namespace Nonet.ToolUse.Tools;

/// <summary>Translates its input with an encoder-decoder. Only one beam search runs at a time.</summary>
/// <param name="translator">The translator.</param>
/// <param name="name">The name in a call; the paper's by default.</param>
public sealed class TranslationTool(Translator translator, string name = "MT") : ITool
{
    readonly Lock turn = new();

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Description => "Translates a text.";

    /// <inheritdoc/>
    public Task<string?> RunAsync(string input, CancellationToken cancellationToken)
    {
        lock (turn)
            return Task.FromResult(translator.Translate(input, cancellationToken).Text is { Length: > 0 } text ? text : null);
    }
}
