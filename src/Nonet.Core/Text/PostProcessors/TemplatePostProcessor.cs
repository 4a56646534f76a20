using Nonet.Files;

namespace Nonet.Text.PostProcessors;

/// <summary>Texts and special tokens in a given order, each with its segment: "[CLS] $A [SEP] $B:1 [SEP]:1".</summary>
sealed class TemplatePostProcessor : PostProcessor
{
    /// <summary>Text 0 or 1, or the ids of a special token.</summary>
    readonly record struct Part(int Text, int[]? Ids, int Type);

    /// <summary>Maximum number of texts in a template.</summary>
    const int MostTexts = 64;

    readonly Part[] single, pair;
    readonly bool onlyWithMarks;
    readonly string file;

    TemplatePostProcessor(Part[] single, Part[] pair, string file) => (this.single, this.pair, onlyWithMarks, this.file) = (single, pair, true, file);

    public TemplatePostProcessor(JsonFields json, TokenNames vocabulary)
    {
        file = json.File;
        var marks = json.Object("special_tokens");
        (single, pair) = (Read(json, "single", marks, vocabulary), Read(json, "pair", marks, vocabulary));
    }

    /// <summary>
    /// BEGIN A END for one text; for a pair BEGIN A BEGIN B, or BEGIN A END B END if there is an end token. The second text has segment 1. -1: no such token.
    /// </summary>
    public static TemplatePostProcessor Around(int begin, int end, string file)
    {
        return new([.. Text(0, begin)], [.. Text(0, begin), .. Text(1, end < 0 ? begin : -1)], file);

        IEnumerable<Part> Text(int number, int before) =>
            new[] { new Part(-1, [before], number), new Part(number, null, number), new Part(-1, [end], number) }.Where(p => p.Ids is not [< 0]);
    }

    public override int Marks(bool isPair) => (isPair ? pair : single).Sum(p => p.Ids?.Length ?? 0);

    public override TokenSequence[] Apply(TokenSequence[] texts, bool marks)
    {
        if (onlyWithMarks && !marks)
            return texts;
        if (texts.Length > 2)
            throw new MalformedFileException(file, "post_processor: a template after one that makes more than two sequences",
                "one text, or a pair, before a TemplateProcessing");
        var template = texts.Length == 1 ? single : pair;
        var result = new List<TokenSequence>();
        foreach (var (text, ids, type) in template)
        {
            if (ids is null && text < texts.Length)
                result.Add(texts[text] with { Tokens = [.. texts[text].Tokens.Select(t => t with { Type = type })] });
            else if (ids is not null && marks)
                result.Add(new TokenSequence([.. ids.Select(id => new Token(id, 0, 0, type, Special: true))], ""));
        }
        return [.. result];
    }

    static Part[] Read(JsonFields json, string name, JsonFields? marks, TokenNames vocabulary)
    {
        var (parts, marksSoFar, textsSoFar) = (new List<Part>(), 0, 0);
        foreach (var piece in json.Objects(name))
        {
            if (piece.Object("Sequence") is { } sequence)
                parts.Add(new Part(sequence.Text("id") switch { "A" => 0, "B" => 1, _ => throw sequence.Wrong("id", "A or B") }, null, Type(sequence)));
            else if (piece.Object("SpecialToken") is { } special)
                parts.Add(new Part(-1, Ids(special, marks, vocabulary), Type(special)));
            else
                throw piece.Wrong("SpecialToken", "a Sequence or a SpecialToken");
            marksSoFar += parts[^1].Ids?.Length ?? 0;
            textsSoFar += parts[^1].Ids is null ? 1 : 0;
            if (marksSoFar > MostMarks || textsSoFar > MostTexts)
                throw json.Wrong(name, $"at most {MostTexts} sequences and {MostMarks} marks");
        }
        return [.. parts];
    }

    static int Type(JsonFields piece) => (int)piece.Number("type_id", 0, 0, int.MaxValue);

    static int[] Ids(JsonFields piece, JsonFields? marks, TokenNames vocabulary)
    {
        var name = piece.Text("id") ?? throw piece.Missing("id", "the name of a special token");
        var mark = marks?.Object(name) ?? throw piece.Wrong("id", "a name in special_tokens");
        var ids = mark.Array("ids").Select(e => vocabulary.IdIn(e) ?? throw mark.Wrong("ids", $"ids from 0 to {vocabulary.Count - 1}")).ToArray();
        return ids.Length > 0 ? ids : throw mark.Wrong("ids", "at least one id");
    }
}
