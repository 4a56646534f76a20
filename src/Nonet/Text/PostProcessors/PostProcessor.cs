using Nonet.Formats;

namespace Nonet.Text.PostProcessors;

/// <summary>Adds marks to a text's tokens: a part `post_processor` of tokenizer.json.</summary>
abstract class PostProcessor
{
    /// <param name="texts">Tokens of one text, or of two.</param>
    /// <param name="marks">Whether marks are added.</param>
    /// <returns>Sequences that follow one another.</returns>
    public abstract List<Token>[] Apply(List<Token>[] texts, bool marks);

    /// <summary>Marks of one text, or of a pair.</summary>
    public virtual int Marks(bool pair) => 0;

    /// <summary>Reads a post-processor; null where the field is absent or null.</summary>
    /// <param name="json">Its object.</param>
    /// <param name="vocabulary">Ids of tokens, added ones too.</param>
    public static PostProcessor? Read(JsonFields? json, TokenNames vocabulary) => json is null ? null : json.Text("type") switch
    {
        "Sequence" => new SequencePostProcessor([.. json.Objects("processors").Select(j => Read(j, vocabulary)!)]),
        "TemplateProcessing" => new TemplatePostProcessor(json),
        "BertProcessing" => TemplatePostProcessor.Bert(Mark(json, "cls"), Mark(json, "sep")),
        "RobertaProcessing" => new SequencePostProcessor(
        [
            .. json.Flag("trim_offsets", true) ? [new TrimmedOffsets(vocabulary, json.Flag("add_prefix_space", true))] : Array.Empty<PostProcessor>(),
            TemplatePostProcessor.Roberta(Mark(json, "cls"), Mark(json, "sep")),
        ]),
        "ByteLevel" => json.Flag("trim_offsets", true) ? new TrimmedOffsets(vocabulary, json.Flag("add_prefix_space", true)) : new SequencePostProcessor([]),
        _ => throw json.Wrong("type", "Sequence, TemplateProcessing, BertProcessing, RobertaProcessing or ByteLevel"),
    };

    /// <summary>The id in ["[CLS]", 101].</summary>
    static int Mark(JsonFields json, string name)
    {
        var pair = json.Array(name);
        return pair.Count == 2 && pair[1].ValueKind == System.Text.Json.JsonValueKind.Number && pair[1].TryGetInt32(out var id) && id >= 0 ? id : throw json.Wrong(name, "a token and its id");
    }
}

/// <summary>One after another.</summary>
sealed class SequencePostProcessor(PostProcessor[] parts) : PostProcessor
{
    public override List<Token>[] Apply(List<Token>[] texts, bool marks) => parts.Aggregate(texts, (t, part) => part.Apply(t, marks));

    public override int Marks(bool pair) => parts.Sum(p => p.Marks(pair));
}

/// <summary>Leaves the spaces at the ends of a token out of the part of the text that it stands for.</summary>
sealed class TrimmedOffsets(TokenNames vocabulary, bool addPrefixSpace) : PostProcessor
{
    static readonly char space = ByteAlphabet.Character((byte)' ');

    public override List<Token>[] Apply(List<Token>[] texts, bool marks)
    {
        foreach (var text in texts)
        {
            for (var i = 0; i < text.Count; i++)
                text[i] = Trimmed(text[i], i == 0 || text[i].Start == 0);
        }
        return texts;
    }

    Token Trimmed(Token token, bool first)
    {
        var name = vocabulary.NameOf(token.Id) ?? "";
        var leading = name.TakeWhile(IsSpace).Count();
        var trailing = name.Reverse().TakeWhile(IsSpace).Count();
        var (start, end) = (token.Start, token.End);
        if (leading > 0)
            start = Math.Min(start + (first && addPrefixSpace ? leading - 1 : leading), end);
        if (trailing > 0 && end >= trailing)
            end = Math.Max(end - trailing, start);
        return token with { Start = start, End = end };
    }

    static bool IsSpace(char c) => c == space || char.IsWhiteSpace(c);
}
