using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Models;
using Nonet.Text;

namespace Nonet.Inference.Encoders;

/// <summary>
/// How a model converts texts to vectors: as modules.json of sentence-transformers or the metadata of a GGUF file specify, otherwise by the mean.
/// </summary>
sealed record EmbeddingSettings
{
    const string Modules = "modules.json", General = "config_sentence_transformers.json", Limits = "sentence_bert_config.json";

    /// <summary>How hidden states become one vector.</summary>
    public Pooling Pooling { get; init; } = Pooling.Mean;

    /// <summary>Whether vectors are normalised to length 1.</summary>
    public bool Normalize { get; init; }

    /// <summary>Maximum number of tokens in a text; null: the model's context.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Prompt that is added before every text.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>Id that is appended to every text; null: none.</summary>
    public int? EndToken { get; init; }

    /// <summary>The settings of a model's files.</summary>
    /// <param name="open">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="pooling">Replaces the files' pooling; null: theirs.</param>
    /// <param name="normalize">Replaces the files' setting; null: theirs.</param>
    public static EmbeddingSettings Of(LoadedModel open, Tokenizer tokenizer, Pooling? pooling, bool? normalize)
    {
        var modules = Path.Combine(open.FolderPath, Modules);
        var stored = File.Exists(modules) ? Read(open.FolderPath, modules, pooling is null) : new EmbeddingSettings { Pooling = OfGguf(open) ?? Pooling.Mean };
        stored = stored with { Pooling = pooling ?? stored.Pooling, Normalize = normalize ?? stored.Normalize };
        return stored.Pooling == Pooling.Last && open.Model is ICausalModel or Models.Decoders.DecoderTrunk && !MarksEnds(tokenizer)
            && (!File.Exists(modules) || AddsEnds(open.FolderPath)) ? stored with { EndToken = EndOf(open, tokenizer) } : stored;
    }

    /// <summary>Whether the tokenizer itself adds a special token after a text.</summary>
    static bool MarksEnds(Tokenizer tokenizer) => tokenizer.Encode("a")[^1] != tokenizer.Encode("a", marks: false)[^1];

    static bool AddsEnds(string folder) => Path.Combine(folder, Tokenizer.ConfigFileName) is var file && File.Exists(file)
        && JsonFields.Read(file).Flag("add_eos_token", false);

    static int EndOf(LoadedModel open, Tokenizer tokenizer) => tokenizer.HasEndOfText ? tokenizer.EndOfText
        : open.File.Defaults.EndTokens is [var end, ..] ? end
        : throw new NotSupportedException(
            $"{open.FolderPath}: found no token that ends a text, which a vector of the last token is read from; expected eos_token in "
            + $"{Tokenizer.ConfigFileName}, or another pooling");

    /// <summary>pooling_type of llama.cpp.</summary>
    static Pooling? OfGguf(LoadedModel open)
    {
        if (open.File.Metadata is not { } metadata || metadata.Text("general.architecture") is not { } architecture)
            return null;
        var key = $"{architecture}.pooling_type";
        return !metadata.Has(key) ? null : metadata.Integer(key, null, 0, int.MaxValue) switch
        {
            0 => null,
            1 => Pooling.Mean,
            2 => Pooling.Cls,
            3 => Pooling.Last,
            var other => throw new MalformedFileException(open.FolderPath, $"'{key}': {other}", "1 (mean), 2 (first token) or 3 (last token)"),
        };
    }

    static EmbeddingSettings Read(string folder, string file, bool needsPooling)
    {
        byte[] wrapped = [.. "{\"modules\":"u8, .. JsonFields.ReadBytes(file), .. "}"u8];
        var settings = new EmbeddingSettings();
        foreach (var module in JsonFields.Parse(file, wrapped).Objects("modules"))
        {
            var (type, path) = (module.Text("type") ?? throw module.Missing("type", "the class of a module"), module.Text("path") ?? "");
            settings = type.Split('.')[^1] switch
            {
                "Transformer" => settings with { MaxLength = LimitIn(Path.Combine(folder, path, Limits)) },
                "Pooling" => needsPooling ? settings with { Pooling = PoolingIn(Path.Combine(folder, path, "config.json")) } : settings,
                "Normalize" => settings with { Normalize = true },
                _ => throw module.Wrong("type", "Transformer, Pooling or Normalize: other modules of sentence-transformers are not supported"),
            };
        }
        return settings with { Prompt = PromptIn(Path.Combine(folder, General)) };
    }

    static int? LimitIn(string file) => File.Exists(file) && JsonFields.Read(file) is var json && json.Has("max_seq_length") ? json.Positive("max_seq_length")
        : null;

    /// <summary>The default prompt, which is added before a text.</summary>
    static string PromptIn(string file) => File.Exists(file) && JsonFields.Read(file) is var json && json.Text("default_prompt_name") is { } name
        ? json.Object("prompts")?.Text(name) ?? throw json.Wrong("default_prompt_name", "the name of one of the prompts") : "";

    static readonly (string Flag, string Name, Pooling? Pooling)[] modes =
    [
        ("pooling_mode_cls_token", "cls", Pooling.Cls), ("pooling_mode_mean_tokens", "mean", Pooling.Mean), ("pooling_mode_max_tokens", "max", Pooling.Max),
        ("pooling_mode_lasttoken", "lasttoken", Pooling.Last), ("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", null),
        ("pooling_mode_weightedmean_tokens", "weightedmean", null),
    ];

    /// <summary>The pooling mode of 1_Pooling/config.json, which has a flag for each mode or the name of one.</summary>
    static Pooling PoolingIn(string file)
    {
        const string Known = "one of cls, mean, max and lasttoken";
        var json = JsonFields.Read(file);
        if (!json.Flag("include_prompt", true))
            throw json.Wrong("include_prompt", "true: nothing else is supported");
        if (json.IsText("pooling_mode"))
            return modes.FirstOrDefault(m => m.Name == json.Text("pooling_mode")).Pooling ?? throw json.Wrong("pooling_mode", Known);
        var on = modes.Where(m => json.Flag(m.Flag, m.Flag == "pooling_mode_mean_tokens" && !json.Has(m.Flag) && !modes.Any(o => json.Has(o.Flag)))).ToArray();
        return on is [{ Pooling: { } pooling }] ? pooling
            : throw new MalformedFileException(file, $"pooling by {(on.Length == 0 ? "nothing" : string.Join(" and ", on.Select(m => m.Name)))}", Known);
    }
}
