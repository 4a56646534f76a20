using Nonet.Models;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Inference.Encoders;

/// <summary>A named part of a text.</summary>
/// <param name="Label">Its type.</param>
/// <param name="Start">Start in the text, in UTF-16 units.</param>
/// <param name="End">End in the text, exclusive.</param>
/// <param name="Text">Its text.</param>
/// <param name="Score">Mean probability of its words' labels.</param>
public sealed record Entity(string Label, int Start, int End, string Text, double Score);

/// <summary>A word of a text with its label.</summary>
/// <param name="Text">The word.</param>
/// <param name="Label">The most likely label of its first token.</param>
/// <param name="Start">Start in the text, in UTF-16 units.</param>
/// <param name="End">End in the text, exclusive.</param>
/// <param name="Score">Probability of the label.</param>
public sealed record TaggedWord(string Text, string Label, int Start, int End, double Score);

/// <summary>Finds the entities of a text. A word has the label of its first token, as in Devlin et al. 2018, section 5.3.</summary>
public sealed class EntityTagger
{
    readonly ModelText text;

    /// <exception cref="NotSupportedException">The checkpoint has another head.</exception>
    public EntityTagger(ITaskModel model, Tokenizer tokenizer) => text = new ModelText(model, tokenizer).Expect(ModelHead.TokenClassification);

    /// <summary>The entities in their order, and the number of tokens beyond the model's context, which were not read.</summary>
    public (IReadOnlyList<Entity> Entities, int Cut) Tag(string source)
    {
        var (words, cut) = Words(source);
        return (Entities(source, words), cut);
    }

    /// <summary>Every word with its most likely label, and the number of tokens beyond the model's context, which were not read.</summary>
    public (IReadOnlyList<TaggedWord> Words, int Cut) Words(string source)
    {
        using var scope = new TensorScope();
        var input = text.Encode(source);
        var (hidden, batch) = text.Forward([input]);
        var logits = ModelText.FiniteRows(text.Model.Task(hidden, batch)).ToArray();
        return ([.. Words(source, input.Tokens).Select(word =>
        {
            var p = ModelText.Softmax(logits[word.Token].Select(l => (double)l));
            var best = Math.Max(0, Array.IndexOf(p, p.Max()));
            return new TaggedWord(source[word.Start..word.End], text.Model.Shape.Task!.Labels[best], word.Start, word.End, p[best]);
        })], input.Cut);
    }

    /// <summary>Reads the entities from the labels of a text's words.</summary>
    public static IReadOnlyList<Entity> Entities(string source, IReadOnlyList<TaggedWord> words) =>
        [.. EntitySpans.Of([.. words.Select(w => w.Label)]).Select(s =>
    {
        var (start, end) = (words[s.First].Start, words[s.Last].End);
        return new Entity(s.Label, start, end, source[start..end], words.Skip(s.First).Take(s.Last + 1 - s.First).Average(w => w.Score));
    })];

    /// <summary>Words with their first tokens. A token continues a word if it directly follows the previous token within letters and digits.</summary>
    internal static List<(int Token, int Start, int End)> Words(string source, IReadOnlyList<Token> tokens)
    {
        var words = new List<(int Token, int Start, int End)>();
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            if (token.Special || token.End == token.Start)
                continue;
            if (words is [.., var last] && token.Start == last.End && char.IsLetterOrDigit(source[token.Start])
                && char.IsLetterOrDigit(source[token.Start - 1]))
                words[^1] = last with { End = token.End };
            else
                words.Add((i, token.Start, token.End));
        }
        return words;
    }
}
