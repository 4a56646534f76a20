using System.Globalization;
using Nonet.Files;

namespace Nonet.Text.SentencePiece;

/// <summary>Opens a SentencePiece model with the files of transformers beside it.</summary>
static class SentencePieceFiles
{
    const int MostBytes = 1 << 28;

    /// <summary>File names under which transformers stores a model.</summary>
    public static readonly string[] Names = [SentencePieceTokenizer.FileName, "spiece.model"];

    /// <summary>
    /// Families of tokenizers by class (without the suffix Fast): whether begin and end tokens are added, and the number of additional ids
    /// after those of the model.
    /// </summary>
    static readonly (string Class, bool Bos, bool Eos, int Extra)[] families =
    [
        ("LlamaTokenizer", true, false, 0), ("CodeLlamaTokenizer", true, false, 0), ("GemmaTokenizer", true, false, 0), ("T5Tokenizer", false, true, 100),
        ("PreTrainedTokenizer", false, false, 0),
    ];

    /// <summary>Class of a model's family, if no tokenizer_config.json names one.</summary>
    static readonly (string ModelType, string Class)[] classes =
    [
        ("llama", "LlamaTokenizer"), ("mistral", "LlamaTokenizer"), ("phi3", "LlamaTokenizer"), ("gemma2", "GemmaTokenizer"), ("gemma3_text", "GemmaTokenizer"),
        ("t5", "T5Tokenizer"),
    ];

    public static byte[] ReadBytes(string file)
    {
        var length = new FileInfo(file).Length;
        return length <= MostBytes ? File.ReadAllBytes(file)
            : throw new MalformedFileException(file, $"{length} bytes", $"a SentencePiece model of at most {MostBytes}");
    }

    /// <summary>
    /// Opens a model with tokenizer_config.json, added_tokens.json and config.json beside it. A model without these files adds no special
    /// tokens, as in sentencepiece.
    /// </summary>
    public static Tokenizer Open(string file)
    {
        var content = ReadBytes(file);
        var definition = SentencePieceProto.Read(content, file);
        var (config, configContent) = Beside(file, Tokenizer.ConfigFileName);
        var name = ClassOf(file, config);
        var family = name is null ? ("", Bos: false, Eos: false, Extra: 0) : Array.Find(families, f => f.Class == name);
        if (name is not null && family.Item1 is null)
        {
            throw new NotSupportedException(
                $"{file}: the tokenizer is a {name}, which is not supported with a SentencePiece model alone; expected tokenizer.json, or one of "
                + string.Join(", ", families.Select(f => f.Class)));
        }
        var added = Added(file, definition, config, family.Extra);
        definition = definition with
        {
            Bos = Mark(config, "bos_token", definition, definition.Bos),
            Eos = Mark(config, "eos_token", definition, definition.Eos),
            Pad = Mark(config, "pad_token", definition, definition.Pad),
            DummyPrefix = config is not null && config.Has("add_prefix_space") ? config.Flag("add_prefix_space", definition.DummyPrefix)
                : definition.DummyPrefix,
        };
        return new SentencePieceTokenizer
        {
            Definition = definition,
            File = file,
            Content = content,
            Config = configContent,
            AddBos = config?.Flag("add_bos_token", family.Bos) ?? family.Bos,
            AddEos = config?.Flag("add_eos_token", family.Eos) ?? family.Eos,
            PrefixOnlyFirst = config is not null && !config.Flag("legacy", true),
            Added = added,
        }.Build();
    }

    static string? ClassOf(string file, JsonFields? config)
    {
        if (config?.Text("tokenizer_class") is { } named)
            return named.EndsWith("Fast", StringComparison.Ordinal) ? named[..^4] : named;
        return Beside(file, "config.json").Json?.Text("model_type") is { } type ? Array.Find(classes, c => c.ModelType == type).Class : null;
    }

    /// <summary>A JSON file in the same folder.</summary>
    public static (JsonFields? Json, byte[]? Content) Beside(string file, string name)
    {
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, name);
        if (!File.Exists(path))
            return (null, null);
        var content = JsonFields.ReadBytes(path);
        return (JsonFields.Parse(path, content), content);
    }

    /// <summary>Id of a special token that tokenizer_config.json names.</summary>
    static int Mark(JsonFields? config, string field, SentencePieceDefinition definition, int otherwise)
    {
        if (config is null || !config.Has(field))
            return otherwise;
        var name = config.IsText(field) ? config.Text(field) : config.Object(field)!.Text("content");
        for (var id = 0; id < definition.Pieces.Count; id++)
        {
            if (definition.Pieces[id].Text == name)
                return id;
        }
        return otherwise;
    }

    /// <summary>Tokens of tokenizer_config.json and added_tokens.json, and T5's sentinels, of which the first has the highest id.</summary>
    static List<AddedToken> Added(string file, SentencePieceDefinition definition, JsonFields? config, int sentinels)
    {
        var added = new Dictionary<int, AddedToken>();
        var most = (int)(config?.Number("extra_ids", sentinels, 0, 1 << 20) ?? sentinels);
        for (var i = 0; i < most; i++)
            Add(new AddedToken(definition.Pieces.Count + most - 1 - i, string.Create(CultureInfo.InvariantCulture, $"<extra_id_{i}>"), Special: true));
        if (Beside(file, "added_tokens.json").Json is { } plain)
        {
            foreach (var pair in plain.All)
                Add(new AddedToken(Id(plain, pair.Name, pair.Value.GetRawText()), pair.Name, Special: false));
        }
        if (config?.Object("added_tokens_decoder") is { } decoder)
        {
            foreach (var pair in decoder.All)
            {
                var token = decoder.Object(pair.Name) ?? throw decoder.Wrong(pair.Name, "an object");
                var content = token.Text("content");
                if (string.IsNullOrEmpty(content))
                    throw token.Wrong("content", "the token's text");
                Add(new AddedToken(Id(decoder, pair.Name, pair.Name), content, token.Flag("special", false), token.Flag("single_word", false),
                    token.Flag("lstrip", false), token.Flag("rstrip", false)));
            }
        }
        return [.. added.Values];

        void Add(AddedToken token) => added[token.Id] = token;
    }

    static int Id(JsonFields json, string name, string number) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id < 1 << 24 ? id : throw json.Wrong(name, "an id below 2^24");
}
