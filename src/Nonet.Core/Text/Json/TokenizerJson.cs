using Nonet.Files;
using Nonet.Text.Decoders;
using Nonet.Text.Normalizers;
using Nonet.Text.PostProcessors;
using Nonet.Text.PreTokenizers;
using Nonet.Text.Segmentation;
using Nonet.Text.SentencePiece;

namespace Nonet.Text.Json;

/// <summary>The parts of a tokenizer.json of Hugging Face's tokenizers, and the end token that tokenizer_config.json names.</summary>
sealed record TokenizerJson
{
    static readonly string[] endMarks = ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "[SEP]"];

    public required string File { get; init; }
    public required Lazy<ReadOnlyMemory<byte>> Content { get; init; }
    public required ReadOnlyMemory<byte> ConfigContent { get; init; }

    /// <summary>Name of the file with <see cref="Content"/>.</summary>
    public string DefinitionName { get; init; } = Tokenizer.FileName;

    /// <summary>SentencePiece model from which it was made; null: it was read from a tokenizer.json.</summary>
    public SentencePieceTokenizer? SentencePiece { get; init; }

    public required TokenModel Model { get; init; }
    public required IReadOnlyList<AddedToken> Added { get; init; }
    public required TokenNames Names { get; init; }
    public required Normalizer? Normalizer { get; init; }
    public required PreTokenizer? PreTokenizer { get; init; }
    public required PostProcessor? PostProcessor { get; init; }
    public required TokenDecoder? Decoder { get; init; }
    public required Truncation? Truncation { get; init; }
    public required Padding? Padding { get; init; }
    public required int? EndOfText { get; init; }

    /// <summary>Reads a file, including changes by the files beside it: see <see cref="TokenizerFolder"/>.</summary>
    public static TokenizerJson Read(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var (config, content) = (Path.Combine(folder, Tokenizer.ConfigFileName), JsonFields.ReadBytes(file));
        var configContent = SpecialTokensMap.Complete(folder, System.IO.File.Exists(config) ? JsonFields.ReadBytes(config) : null);
        return Named(folder, Strictly(file, () =>
        {
            var configFields = configContent is null ? null : JsonFields.Parse(config, configContent);
            return Parse(file, TokenizerFolder.Merge(JsonFields.Parse(file, content), configFields, folder) ?? content, configFields, configContent);
        }));
    }

    /// <summary>Adds the end token of config.json if the tokenizer's own files name none.</summary>
    static TokenizerJson Named(string folder, TokenizerJson json) =>
        TokenizerConfig.Token(JsonFields.Parse(Tokenizer.ConfigFileName, json.ConfigContent), "eos_token") is null or ""
        && SpecialTokensMap.EndIn(folder) is { } end && json.Names.NameOf(end) is not null
        ? json with { EndOfText = end } : json;

    /// <summary>Parses the result of <see cref="TokenizerJsonWriter"/>.</summary>
    public static TokenizerJson Parse(string file, byte[] content, byte[] config) => Parse(file, content, Tokenizer.ConfigFileName, config);

    /// <summary>Parses the result of <see cref="TokenizerJsonWriter"/> for a large vocabulary, whose model is given separately.</summary>
    /// <param name="file">File name for error messages.</param>
    /// <param name="frame">Everything except the model.</param>
    /// <param name="config">Content of tokenizer_config.json.</param>
    /// <param name="model">The model.</param>
    /// <param name="content">Writes the whole definition.</param>
    public static TokenizerJson Parse(string file, byte[] frame, byte[] config, TokenModel model, Func<byte[]> content) =>
        Parse(file, frame, JsonFields.Parse(Tokenizer.ConfigFileName, config), config, model, new Lazy<ReadOnlyMemory<byte>>(() => content()));

    /// <exception cref="MalformedFileException">A field is invalid or not supported. The message names file and field.</exception>
    public static TokenizerJson Parse(string file, ReadOnlyMemory<byte> content, string? configFile = null, byte[]? config = null)
    {
        return Strictly(file, () => Parse(file, content, config is null ? null : JsonFields.Parse(configFile!, config), config));
    }

    static TokenizerJson Strictly(string file, Func<TokenizerJson> parse)
    {
        try
        {
            return parse();
        }
        catch (InvalidOperationException e) // JsonElement throws it for a string with half a surrogate pair
        {
            throw new MalformedFileException(file, $"a string that is no text ({e.Message})", "UTF-8, and escapes of whole characters", e);
        }
    }

    static TokenizerJson Parse(string file, ReadOnlyMemory<byte> content, JsonFields? config, byte[]? configContent, TokenModel? model = null,
        Lazy<ReadOnlyMemory<byte>>? whole = null)
    {
        var json = JsonFields.Parse(file, content);
        model ??= TokenModel.Read(json.Object("model") ?? throw json.Missing("model", "a model"));
        var added = AddedToken.Read(json);
        var names = new TokenNames(model.Vocabulary, added, file);
        var endText = EndOfTextName(config, added);
        var decoder = TokenDecoder.Read(PipelineParts.Checked(json.Object("decoder"), "decoders"));
        return new TokenizerJson
        {
            File = file,
            Content = whole ?? new Lazy<ReadOnlyMemory<byte>>(content),
            ConfigContent = configContent ?? TokenizerJsonWriter.Config(endText ?? "", begin: ""),
            Model = model,
            Added = added,
            Names = names,
            Normalizer = Normalizer.Read(PipelineParts.Checked(json.Object("normalizer"), "normalizers")),
            PreTokenizer = PreTokenizer.Read(PipelineParts.Checked(json.Object("pre_tokenizer"), "pretokenizers")),
            PostProcessor = PostProcessor.Read(PipelineParts.Checked(json.Object("post_processor"), "processors"), names),
            Decoder = decoder,
            Truncation = Limits.ReadTruncation(json.Object("truncation")),
            Padding = Limits.ReadPadding(json.Object("padding")),
            EndOfText = endText is null ? null : names.IdOf(endText),
        };
    }

    static string? EndOfTextName(JsonFields? config, List<AddedToken> added)
    {
        if (config is not null && config.Has("eos_token"))
            return config.IsText("eos_token") ? config.Text("eos_token") : config.Object("eos_token")!.Text("content");
        return Array.Find(endMarks, m => added.Exists(a => a.Content == m));
    }
}
