using Nonet.Files;

namespace Nonet.Text.PostProcessors;

/// <summary>Adds marks to a text's tokens: a part `post_processor` of tokenizer.json.</summary>
abstract class PostProcessor
{
    /// <param name="texts">Tokens of one text, or of two.</param>
    /// <param name="sources">The texts themselves.</param>
    /// <param name="marks">Whether marks are added.</param>
    /// <returns>Sequences that follow one another.</returns>
    public abstract List<Token>[] Apply(List<Token>[] texts, IReadOnlyList<string> sources, bool marks);

    /// <summary>Marks of one text, or of a pair.</summary>
    public virtual int Marks(bool pair) => 0;

    /// <summary>Reads a post-processor; null where the field is absent or null.</summary>
    /// <param name="json">Its object.</param>
    /// <param name="vocabulary">Ids of tokens, added ones too.</param>
    public static PostProcessor? Read(JsonFields? json, TokenNames vocabulary) => json is null ? null : json.Text("type") switch
    {
        "Sequence" => new SequencePostProcessor([.. json.Objects("processors").Select(j => Read(j, vocabulary)!)]),
        "TemplateProcessing" => new TemplatePostProcessor(json, vocabulary),
        "BertProcessing" => TemplatePostProcessor.Bert(Mark(json, "cls", vocabulary), Mark(json, "sep", vocabulary)),
        "RobertaProcessing" => new SequencePostProcessor(
        [
            .. json.Flag("trim_offsets", true) ? [new TrimmedOffsets(vocabulary, json.Flag("add_prefix_space", true))] : Array.Empty<PostProcessor>(),
            TemplatePostProcessor.Roberta(Mark(json, "cls", vocabulary), Mark(json, "sep", vocabulary)),
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

/// <summary>One after another.</summary>
sealed class SequencePostProcessor(PostProcessor[] parts) : PostProcessor
{
    public override List<Token>[] Apply(List<Token>[] texts, IReadOnlyList<string> sources, bool marks) => parts.Aggregate(texts, (t, part) => part.Apply(t, sources, marks));

    public override int Marks(bool pair) => parts.Sum(p => p.Marks(pair));
}

/// <summary>Leaves the spaces at the ends of a token out of the part of the text that it stands for.</summary>
sealed class TrimmedOffsets(TokenNames vocabulary, bool addPrefixSpace) : PostProcessor
{
    static readonly char space = ByteAlphabet.Character((byte)' ');

    public override List<Token>[] Apply(List<Token>[] texts, IReadOnlyList<string> sources, bool marks)
    {
        for (var t = 0; t < texts.Length; t++)
        {
            var text = texts[t];
            for (var i = 0; i < text.Count; i++)
                text[i] = Trimmed(text[i], sources[t], i == 0 || text[i].Start == 0);
        }
        return texts;
    }

    Token Trimmed(Token token, string source, bool first)
    {
        var name = vocabulary.IsAdded(token.Id) ? source[token.Start..token.End] : vocabulary.NameOf(token.Id) ?? "";
        var leading = name.TakeWhile(IsSpace).Count();
        var trailing = name.Reverse().TakeWhile(IsSpace).Count();
        var (start, end) = (token.Start, token.End);
        if (leading > 0 && !(leading == 1 && first && addPrefixSpace)) // a single one may be the one that was added
            start = Math.Min(Step(source, start, leading), end);
        if (trailing > 0 && end >= trailing)
            end = Math.Max(Step(source, end, -trailing), start);
        return token with { Start = start, End = end };
    }

    /// <summary>A place some characters further on, or back.</summary>
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
