using Nonet.Files;
using Nonet.Text.Bpe;
using Nonet.Text.Json;

namespace Nonet.Text.Tiktoken;

/// <summary>Opens a file of ranks as a byte-level BPE.</summary>
static class TiktokenFiles
{
    const string Extension = ".tiktoken", QwenClass = "QWenTokenizer";

    /// <summary>The only file of ranks in a folder, by its extension; null if there is none or more than one.</summary>
    public static string? In(string folder) => Directory.GetFiles(folder, "*" + Extension) is [var only] ? only : null;

    /// <param name="file">NAME.tiktoken, or tokenizer.model. A tokenizer_config.json beside it may name other special tokens.</param>
    public static Tokenizer Open(string file)
    {
        var config = TokenizerConfig.Beside(file);
        var encoding = Encoding(file, config);
        var ranks = TiktokenRanks.Read(file);
        var special = Special(encoding, config);
        Check(file, encoding, ranks, special);
        var (merges, complete) = TiktokenMerges.Of(ranks);
        foreach (var token in special)
            ranks.Vocabulary[token.Content] = token.Id; // tokenizers looks here for an id that is not the next one
        var begin = encoding.Begin is { } mark && special.Any(s => s.Content == mark) ? mark : null;
        var end = TokenizerConfig.Token(config, "eos_token") ?? encoding.End;
        var marks = TokenizerConfig.Write(config, "PreTrainedTokenizerFast", ("bos_token", begin ?? end), ("eos_token", end));
        return new PipelineTokenizer(TokenizerJson.Parse(file, Write([], []), marks, new BpeModel(ranks.Vocabulary, merges, !complete), () =>
        {
            var names = ranks.Ordered.ToDictionary(t => t.Value, t => t.Key);
            return Write([.. ranks.Ordered, .. special.Select(s => KeyValuePair.Create(s.Content, s.Id))],
                [.. merges.Select(m => $"{names[m.Left]} {names[m.Right]}")]);
        }));

        byte[] Write(IReadOnlyList<KeyValuePair<string, int>> vocabulary, IReadOnlyList<string> rules) =>
            TokenizerJsonWriter.ByteLevelBpe(vocabulary, rules, special, encoding.Pattern, !complete, encoding.Composed, begin);
    }

    static void Check(string file, TiktokenEncoding encoding, TiktokenRanks ranks, IReadOnlyList<AddedToken> special)
    {
        var byId = ranks.Ordered.ToDictionary(t => t.Value, t => t.Key);
        foreach (var (id, token) in special.Select(s => (s.Id, s.Content)))
        {
            if (byId.TryGetValue(id, out var other) || ranks.Vocabulary.ContainsKey(token))
                throw new MalformedFileException(file,
                    other is null ? $"the special token {token} among the ranks" : $"the token '{other}' of rank {id}, which is the special token {token}'s",
                    $"the ranks of {encoding.Name}");
        }
    }

    static TiktokenEncoding Encoding(string file, JsonFields? config)
    {
        var name = Path.GetFileName(file);
        if (name == TiktokenEncoding.Llama3.Name)
            return TiktokenEncoding.Llama3;
        return TiktokenEncoding.Find(Path.GetFileNameWithoutExtension(name))
            ?? (config?.IsText("tokenizer_class") == true && config.Text("tokenizer_class") == QwenClass ? TiktokenEncoding.Find("qwen") : null)
            ?? throw new MalformedFileException(file, "ranks of an unknown encoding",
                $"one of {string.Join(", ", TiktokenEncoding.Names)}, or {TiktokenEncoding.Llama3.Name} (LLaMA 3)");
    }

    /// <summary>Special tokens of added_tokens_decoder in tokenizer_config.json if it exists, otherwise those of the encoding.</summary>
    static List<AddedToken> Special(TiktokenEncoding encoding, JsonFields? config) =>
        config?.Has("added_tokens_decoder") == true ? [.. TokenizerConfig.Added(config)]
        : [.. encoding.Special.Select(s => new AddedToken(s.Value, s.Key, Special: true))];
}
