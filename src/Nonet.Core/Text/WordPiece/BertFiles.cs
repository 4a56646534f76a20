using Nonet.Files;
using Nonet.Text.Json;

namespace Nonet.Text.WordPiece;

/// <summary>vocab.txt, BERT's own vocabulary: one token per line, whose id is the line's number from 0. google-research/bert, tokenization.py.</summary>
static class BertFiles
{
    public const string FileName = "vocab.txt";
    const int MostBytes = 1 << 28;

    /// <summary>Classes of transformers that split text as BERT does; each may end in Fast.</summary>
    static readonly string[] classes =
        ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "ConvBertTokenizer", "MobileBertTokenizer", "LayoutLMTokenizer", "SqueezeBertTokenizer",
            "RetriBertTokenizer", "PreTrainedTokenizer", "TokenizersBackend"];

    /// <summary>Opens vocab.txt with the tokenizer_config.json beside it. Missing settings have the defaults of transformers' BertTokenizer.</summary>
    public static Tokenizer Open(string file)
    {
        var config = TokenizerConfig.Beside(file);
        var kind = config?.Text("tokenizer_class") ?? classes[0];
        if (!classes.Contains(kind.EndsWith("Fast", StringComparison.Ordinal) ? kind[..^4] : kind))
            throw config!.Wrong("tokenizer_class", $"one that cuts {FileName}'s words as BERT does: {string.Join(", ", classes)}");
        config?.Only("do_basic_tokenize", true);
        var vocabulary = Read(file);
        var (unknown, pad, begin, end, mask) = (Name("unk"), Name("pad"), Mark("cls"), Mark("sep"), Name("mask"));
        var added = TokenizerConfig.Added(config);
        foreach (var name in new[] { pad, unknown, begin.Key, end.Key, mask })
        {
            if (vocabulary.TryGetValue(name, out var id) && !added.Exists(a => a.Id == id))
                added.Add(new AddedToken(id, name, Special: true));
        }
        var normalization = new BertNormalization(
            config?.Flag("do_lower_case", true) ?? true, config?.Has("strip_accents") == true ? config.Flag("strip_accents", true) : null,
            config?.Flag("tokenize_chinese_chars", true) ?? true);
        var definition = WordPieceJson.Bert(vocabulary, added.OrderBy(a => a.Id), unknown, begin, end, normalization);
        return new PipelineTokenizer(TokenizerJson.Parse(file, definition, TokenizerConfig.Write(
            config, classes[0], ("unk_token", unknown), ("sep_token", end.Key), ("pad_token", pad), ("cls_token", begin.Key), ("mask_token", mask))));

        string Name(string use) => TokenizerConfig.Token(config, use + "_token") ?? $"[{use.ToUpperInvariant()}]";

        KeyValuePair<string, int> Mark(string use) => vocabulary.TryGetValue(Name(use), out var id) ? KeyValuePair.Create(Name(use), id)
            : throw new MalformedFileException(file, $"no token {Name(use)}", $"the {use}_token among the tokens");
    }

    /// <summary>Reads tokens and ids. If a token occurs twice, the last line counts, as in transformers.</summary>
    static Dictionary<string, int> Read(string file)
    {
        var length = new FileInfo(file).Length;
        if (length > MostBytes)
            throw new MalformedFileException(file, $"{length} bytes", $"a vocabulary of at most {MostBytes}");
        var bytes = File.ReadAllBytes(file);
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
            throw new MalformedFileException(file, "bytes that are not UTF-8", "a token a line");
        var (vocabulary, id) = (new Dictionary<string, int>(StringComparer.Ordinal), 0);
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        for (var rest = text.AsSpan(); !rest.IsEmpty; id++)
        {
            var end = rest.IndexOfAny('\r', '\n');
            vocabulary[(end < 0 ? rest : rest[..end]).ToString()] = id;
            rest = end < 0 ? default : rest[(end + (rest[end..].StartsWith("\r\n", StringComparison.Ordinal) ? 2 : 1))..];
        }
        return vocabulary;
    }
}
