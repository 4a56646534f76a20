using Nonet.Inference;
using Nonet.Models;
using Nonet.Text;

namespace Nonet.Tests.Inference;

/// <summary>What a model writes, by an engine of its own.</summary>
static class Written
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public static GeneratedToken[] Tokens(ILanguageModel model, int[] prompt, GenerationOptions options, EngineOptions? engine = null)
    {
        using var one = new DecodingEngine(model, options: engine);
        return Tokens(one, prompt, options);
    }

    public static GeneratedToken[] Tokens(DecodingEngine engine, int[] prompt, GenerationOptions options) =>
        [.. engine.Generate(prompt, options, Stopping).ToBlockingEnumerable(Stopping)];

    public static int[] Ids(ILanguageModel model, int[] prompt, GenerationOptions options, EngineOptions? engine = null) =>
        [.. Tokens(model, prompt, options, engine).Select(t => t.Id)];

    public static string Text(ILanguageModel model, Tokenizer tokenizer, string prompt, GenerationOptions options)
    {
        using var engine = new DecodingEngine(model, tokenizer);
        return string.Concat(engine.Generate(prompt, options, Stopping).ToBlockingEnumerable(Stopping));
    }
}
