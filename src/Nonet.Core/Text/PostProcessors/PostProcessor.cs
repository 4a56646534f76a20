using Nonet.Files;

namespace Nonet.Text.PostProcessors;

/// <summary>Tokens, and the text of their offsets, which is empty for special tokens.</summary>
readonly record struct TokenSequence(List<Token> Tokens, string Source);

/// <summary>Adds special tokens to the tokens of a text: the part `post_processor` of tokenizer.json.</summary>
abstract class PostProcessor
{
    /// <summary>Limit of the special tokens in a template: more than any real one has.</summary>
    protected const int MostMarks = 1 << 16;

    /// <param name="texts">One text, a pair, or the sequences from an earlier post-processor.</param>
    /// <param name="marks">Whether special tokens are added.</param>
    /// <returns>Sequences in order.</returns>
    public abstract TokenSequence[] Apply(TokenSequence[] texts, bool marks);

    /// <summary>Number of special tokens for one text, or for a pair.</summary>
    public virtual int Marks(bool pair) => 0;

    /// <summary>Reads a post-processor; null if the field is absent or null.</summary>
    /// <param name="json">Its object.</param>
    /// <param name="vocabulary">Ids of tokens, including added ones.</param>
    public static PostProcessor? Read(JsonFields? json, TokenNames vocabulary) => json is null ? null : json.Text("type") switch
    {
        "Sequence" => new SequencePostProcessor([.. json.Objects("processors").Select(j => Read(j, vocabulary)!)]),
        "TemplateProcessing" => new TemplatePostProcessor(json, vocabulary),
        "BertProcessing" => new MarkEachText(Mark(json, "cls", vocabulary), Mark(json, "sep", vocabulary), isRoberta: false),
        "RobertaProcessing" => new SequencePostProcessor(
        [
            .. json.Flag("trim_offsets", true) ? [new TrimmedOffsets(vocabulary, json.Flag("add_prefix_space", true))] : Array.Empty<PostProcessor>(),
            new MarkEachText(Mark(json, "cls", vocabulary), Mark(json, "sep", vocabulary), isRoberta: true),
        ]),
        "ByteLevel" => json.Flag("trim_offsets", true) ? new TrimmedOffsets(vocabulary, json.Flag("add_prefix_space", true)) : new SequencePostProcessor([]),
        _ => throw json.Wrong("type", "Sequence, TemplateProcessing, BertProcessing, RobertaProcessing or ByteLevel"),
    };

    /// <summary>The id in ["[CLS]", 101].</summary>
    static int Mark(JsonFields json, string name, TokenNames vocabulary)
    {
        var pair = json.Array(name);
        return pair.Count == 2 && vocabulary.IdIn(pair[1]) is { } id ? id : throw json.Wrong(name, "a token and its id");
    }
}

/// <summary>Applies several post-processors in order.</summary>
sealed class SequencePostProcessor(PostProcessor[] parts) : PostProcessor
{
    public override TokenSequence[] Apply(TokenSequence[] texts, bool marks) => parts.Aggregate(texts, (t, part) => part.Apply(t, marks));

    public override int Marks(bool pair) => parts.Sum(p => p.Marks(pair));
}

/// <summary>Removes leading and trailing spaces from the offsets of tokens.</summary>
sealed class TrimmedOffsets(TokenNames vocabulary, bool addPrefixSpace) : PostProcessor
{
    static readonly char space = ByteAlphabet.Character((byte)' ');

    public override TokenSequence[] Apply(TokenSequence[] texts, bool marks)
    {
        foreach (var (tokens, source) in texts)
        {
            for (var i = 0; i < tokens.Count; i++)
                tokens[i] = tokens[i] is { Special: true, Start: 0, End: 0 } ? tokens[i] : Trimmed(tokens[i], source, i == 0 || tokens[i].Start == 0);
        }
        return texts;
    }

    Token Trimmed(Token token, string source, bool first)
    {
        var name = vocabulary.IsAdded(token.Id) ? source[token.Start..token.End] : vocabulary.NameOf(token.Id) ?? "";
        var leading = name.TakeWhile(IsSpace).Count();
        var trailing = name.Reverse().TakeWhile(IsSpace).Count();
        var (start, end) = (token.Start, token.End);
        if (leading > 0 && !(leading == 1 && first && addPrefixSpace)) // a single leading space may be the added one
            start = Math.Min(Step(source, start, leading), end);
        if (trailing > 0 && end >= trailing)
            end = Math.Max(Step(source, end, -trailing), start);
        return token with { Start = start, End = end };
    }

    /// <summary>Moves a position by a number of characters, forward or backward.</summary>
    static int Step(string text, int at, int characters)
    {
        for (; characters > 0; characters--)
            at += at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;
        for (; characters < 0; characters++)
            at -= at >= 2 && at <= text.Length && char.IsSurrogatePair(text[at - 2], text[at - 1]) ? 2 : 1;
        return at;
    }

    static bool IsSpace(char c) => c == space || char.IsWhiteSpace(c);
}

/// <summary>
/// The post-processors of BERT and RoBERTa, which put special tokens around each sequence: [CLS] A [SEP], then B [SEP] of segment 1; or
/// &lt;s&gt; A &lt;/s&gt;, then &lt;/s&gt; B &lt;/s&gt;, all of segment 0.
/// </summary>
sealed class MarkEachText(int cls, int sep, bool isRoberta) : PostProcessor
{
    public override int Marks(bool pair) => pair ? isRoberta ? 4 : 3 : 2;

    public override TokenSequence[] Apply(TokenSequence[] texts, bool marks) => [.. texts.Select((text, i) =>
    {
        var type = isRoberta ? 0 : i == 0 ? 0 : 1;
        var tokens = isRoberta ? [.. text.Tokens.Select(t => t with { Type = 0 })] : text.Tokens;
        return !marks ? text with { Tokens = tokens }
            : text with { Tokens = [.. i == 0 ? [Mark(cls, 0)] : isRoberta ? [Mark(sep, 0)] : Array.Empty<Token>(), .. tokens, Mark(sep, type)] };
    })];

    static Token Mark(int id, int type) => new(id, 0, 0, type, Special: true);
}
