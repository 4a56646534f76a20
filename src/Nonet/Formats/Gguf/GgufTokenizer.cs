using Nonet.Text;

namespace Nonet.Formats.Gguf;

/// <summary>The tokenizer within a GGUF file, to and from a tokenizer.json.</summary>
static class GgufTokenizer
{
    const string Prefix = "tokenizer.ggml.";
    const int Normal = 1, Control = 3, UserDefined = 4, Unused = 5;

    /// <summary>Names of patterns that cut text into words; null is GPT-2's.</summary>
    static readonly (string Name, string? Pattern)[] patterns =
    [
        ("gpt-2", null), ("gpt2", null), ("default", null), ("phi-2", null), ("olmo", null), ("jais", null),
        ("llama-bpe", Cl100kSplit.Pattern), ("llama3", Cl100kSplit.Pattern), ("llama-v3", Cl100kSplit.Pattern), ("smaug-bpe", Cl100kSplit.Pattern), ("dbrx", Cl100kSplit.Pattern),
        ("qwen2", Qwen2Pattern), ("deepseek-r1-qwen", Qwen2Pattern),
    ];

    const string Qwen2Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public static bool IsIn(GgufFile file) => file.Metadata.Has(Prefix + "model");

    public static Tokenizer Read(GgufFile file)
    {
        var m = file.Metadata;
        var kind = m.Text(Prefix + "model") ?? throw new MalformedFileException(file.FilePath, $"no metadata '{Prefix}model'", "gpt2");
        if (kind != "gpt2")
            throw new MalformedFileException(file.FilePath, $"metadata '{Prefix}model' = '{kind}'", "gpt2: byte-level BPE is what is supported");
        var pre = m.Text(Prefix + "pre") ?? "default";
        var known = Array.FindIndex(patterns, p => p.Name == pre);
        if (known < 0)
            throw new MalformedFileException(file.FilePath, $"metadata '{Prefix}pre' = '{pre}'", $"one of {string.Join(", ", patterns.Select(p => p.Name))}");
        var tokens = m.Texts(Prefix + "tokens");
        var types = m.Numbers(Prefix + "token_type");
        if (types.Count != 0 && types.Count != tokens.Count)
            throw new MalformedFileException(file.FilePath, $"{types.Count} entries of '{Prefix}token_type'", $"one for each of {tokens.Count} tokens");
        var vocabulary = new List<KeyValuePair<string, int>>();
        var special = new List<KeyValuePair<string, int>>();
        for (var id = 0; id < tokens.Count; id++)
        {
            if (types.Count > 0 && types[id] == Unused)
                continue; // fills the table up
            (types.Count > 0 && types[id] is Control or UserDefined ? special : vocabulary).Add(KeyValuePair.Create(tokens[id], id));
        }
        var end = m.Has(Prefix + "eos_token_id") ? tokens[(int)m.Integer(Prefix + "eos_token_id", null, 0, tokens.Count - 1)] : "";
        var definition = TokenizerJson.Write(vocabulary, m.Texts(Prefix + "merges"), special, patterns[known].Pattern);
        var json = TokenizerJson.Parse(file.FilePath, definition, TokenizerJson.WriteConfig(end));
        if (m.Flag(Prefix + "add_bos_token", false))
            json.Before.Add((int)m.Integer(Prefix + "bos_token_id", null, 0, tokens.Count - 1));
        return ByteTokenizer.Is(json) ? new ByteTokenizer() : new BpeTokenizer(json);
    }

    /// <summary>Writes a byte-level BPE; ids that the tokenizer does not have are filled up to the model's vocabulary.</summary>
    public static void Write(GgufWriter writer, Tokenizer tokenizer, int vocab)
    {
        var json = TokenizerJson.Parse(Tokenizer.FileName, tokenizer.Definition.ToArray(), tokenizer.Config.ToArray());
        var tokens = new string?[vocab];
        var types = new int[vocab];
        Array.Fill(types, Unused);
        foreach (var (token, id) in json.Vocabulary)
            Set(token, id, Normal);
        foreach (var token in json.Added)
            Set(token.Content, token.Id, token.Special ? Control : UserDefined);
        var name = json.Merges.Count == 0 ? patterns[0].Name // bytes alone: no cut makes a difference
            : Array.Find(patterns, p => p.Pattern == json.Split).Name
            ?? throw new NotSupportedException($"a tokenizer that cuts words by '{json.Split}' cannot be kept in GGUF; known there are {string.Join(", ", patterns.Select(p => p.Name))}");
        writer.Text(Prefix + "model", "gpt2").Text(Prefix + "pre", name)
            .Texts(Prefix + "tokens", [.. tokens.Select((token, id) => token ?? $"[PAD{id}]")]).I32s(Prefix + "token_type", types).Texts(Prefix + "merges", [.. json.Merges])
            .U32(Prefix + "bos_token_id", (uint)(json.Before.Count > 0 ? json.Before[0] : json.EndOfText)).U32(Prefix + "eos_token_id", (uint)json.EndOfText)
            .Flag(Prefix + "add_bos_token", json.Before.Count > 0);

        void Set(string token, int id, int type)
        {
            if (id >= vocab)
                throw new ArgumentException($"the tokenizer's token '{token}' has id {id}; the model's vocabulary ends at {vocab - 1}: they do not belong together");
            (tokens[id], types[id]) = (token, type);
        }
    }
}
