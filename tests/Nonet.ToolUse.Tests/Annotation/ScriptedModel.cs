using Nonet.Text;

namespace Nonet.ToolUse.Tests.Annotation;

/// <summary>A model over bytes whose probabilities are a function of the text before.</summary>
static class ScriptedModel
{
    public static ByteTokenizer Tokenizer { get; } = new();

    /// <param name="next">Probabilities of characters after a text; what is left is spread over all other bytes.</param>
    /// <param name="context">The model's context.</param>
    public static LogitsModel Of(Func<string, IReadOnlyDictionary<char, double>> next, int context = 1024) => new(Tokenizer.Vocab, before =>
    {
        var text = Tokenizer.Decode([.. before.Where(id => !Tokenizer.IsSpecial(id))]);
        var given = next(text);
        var rest = Math.Log((1 - given.Values.Sum()) / (Tokenizer.Vocab - given.Count));
        var logits = Enumerable.Repeat((float)rest, Tokenizer.Vocab).ToArray();
        foreach (var (character, p) in given)
            logits[character] = (float)Math.Log(p);
        return logits;
    })
    { Context = context };

    /// <summary>What follows a prefix in a text, with probability p; nothing if the text does not begin with it.</summary>
    public static Dictionary<char, double> Spell(string text, string prefix, double p) =>
        prefix.Length < text.Length && text.StartsWith(prefix, StringComparison.Ordinal) ? new() { [text[prefix.Length]] = p } : [];
}
