using System.Text.Json;
using Nonet.Checkpoints.Families;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Text;

namespace Nonet.Checkpoints;

/// <summary>
/// Settings of a model besides shape, weights and vocabulary: the tokens that begin and end a text, the generation settings of its authors,
/// and its chat templates. They are read from one format and written to another, so that a converted model generates and chats as before.
/// </summary>
public sealed record ModelSettings
{
    const string TemplateFile = "chat_template.jinja", TemplateFolder = "additional_chat_templates", TemplateField = "chat_template", Default = "default";
    const string Begin = "bos_token_id", End = "eos_token_id", Padding = "pad_token_id";
    const string Ggml = "tokenizer.ggml.", GgufTemplate = "tokenizer.chat_template", GgufTemplates = "tokenizer.chat_templates", Sampling = "general.sampling.";

    /// <summary>Tokens that end a turn or a text in well-known vocabularies; turns first. llama.cpp stops at them too.</summary>
    static readonly string[] knownEnds =
    [
        "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<turn|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<EOT>", "_<EOT>",
        "[EOT]", "<end_of_utterance>",
        "<|endoftext|>", "<|end_of_text|>", "<eos>", "</s>", "[EOS]",
    ];

    /// <summary>GGUF's names of the ends of a text, a turn and a message.</summary>
    static readonly string[] ggufEnds = ["eos", "eot", "eom"];

    /// <summary>Id that begins a text; null: not set.</summary>
    public int? BeginToken { get; init; }

    /// <summary>Id that pads batches; null: not set.</summary>
    public int? PaddingToken { get; init; }

    /// <summary>Generation settings of the authors, including the ids that end a text.</summary>
    public GenerationDefaults Generation { get; init; } = new();

    /// <summary>Chat templates by name. "default" is used unless another is requested.</summary>
    public IReadOnlyDictionary<string, string> ChatTemplates { get; init; } = new Dictionary<string, string>();

    /// <summary>Template for conversations without tools; null: none.</summary>
    public string? ChatTemplate => ChatTemplates.GetValueOrDefault(Default);

    /// <summary>Original content of generation_config.json; null: none.</summary>
    byte[]? GenerationFile { get; init; }

    /// <summary>
    /// Settings of a model trained by Nonet. A decoder's documents begin and end with one token; an encoder-decoder's texts end with it.
    /// </summary>
    public static ModelSettings Of(ModelConfig config, Tokenizer? tokenizer)
    {
        if (tokenizer is null)
            return new ModelSettings();
        if (config is BertConfig)
            return config is RobertaConfig && tokenizer.Encode("") is [var first, var last]
                ? new() { BeginToken = first, Generation = new() { EndTokens = [last] } } : new();
        if (!tokenizer.HasEndOfText)
            return new ModelSettings();
        var ends = new GenerationDefaults { EndTokens = [tokenizer.EndOfText] };
        return config is T5Config or TransformerConfig ? new() { Generation = ends } : new() { BeginToken = tokenizer.EndOfText, Generation = ends };
    }

    /// <summary>
    /// These settings for a model that was tuned to chat: with another chat template, and with more tokens that end a text or a turn.
    /// </summary>
    /// <param name="template">The template; null: the same.</param>
    /// <param name="ends">Ids that end an answer.</param>
    public ModelSettings WithChat(string? template, IEnumerable<int> ends)
    {
        int[] added = [.. ends.Except(Generation.EndTokens)];
        return this with
        {
            ChatTemplates = template is null || template == ChatTemplate ? ChatTemplates : new Dictionary<string, string> { [Default] = template },
            Generation = added.Length == 0 ? Generation : Generation with { EndTokens = [.. Generation.EndTokens, .. added] },
            GenerationFile = added.Length == 0 ? GenerationFile : null,
        };
    }

    /// <summary>These settings with the templates and generation settings in the folder of an adapter's checkpoint, if it has some.</summary>
    internal ModelSettings Over(string folder)
    {
        var (templates, generation) = (ReadTemplates(folder), ReadJson(folder, GenerationDefaults.FileName));
        return this with
        {
            ChatTemplates = templates.Count > 0 ? templates : ChatTemplates,
            Generation = generation is null ? Generation : GenerationDefaults.Read(folder),
            GenerationFile = generation is null ? GenerationFile : JsonFields.ReadBytes(generation.File),
        };
    }

    /// <summary>Reads the settings of a Hugging Face folder: config.json, generation_config.json and the templates.</summary>
    /// <exception cref="MalformedFileException">A file is damaged. The message names the file and the field.</exception>
    public static ModelSettings Read(string folder)
    {
        var (config, generation) = (ReadJson(folder, "config.json"), ReadJson(folder, GenerationDefaults.FileName));
        var known = config is null ? default : CheckpointFamily.Find(config)?.Marks ?? default;
        return new ModelSettings
        {
            BeginToken = Id(generation, Begin, Id(config, Begin, known.Begin)),
            PaddingToken = Id(generation, Padding, Id(config, Padding, known.Padding)),
            Generation = GenerationDefaults.Read(folder),
            ChatTemplates = ReadTemplates(folder),
            GenerationFile = generation is null ? null : JsonFields.ReadBytes(generation.File),
        };
    }

    static JsonFields? ReadJson(string folder, string name) => Path.Combine(folder, name) is var path && File.Exists(path) ? JsonFields.Read(path) : null;

    /// <summary>A single id of a field; a default value if the field is a list or missing.</summary>
    static int? Id(JsonFields? json, string field, int? otherwise) =>
        json is null || json.IsArray(field) ? otherwise : json.IsNull(field) ? null : json.Has(field) ? (int)json.Number(field, 0, 0, int.MaxValue) : otherwise;

    static Dictionary<string, string> ReadTemplates(string folder)
    {
        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        if (ReadJson(folder, Tokenizer.ConfigFileName) is { } config && config.Has(TemplateField))
        {
            if (!config.IsArray(TemplateField))
                templates[Default] = config.Text(TemplateField)!;
            foreach (var named in config.IsArray(TemplateField) ? config.Objects(TemplateField) : [])
                templates[named.Text("name") ?? throw named.Missing("name", "the template's name")] = named.Text("template")
                    ?? throw named.Missing("template", "the template");
        }
        var more = Path.Combine(folder, TemplateFolder);
        foreach (var file in Directory.Exists(more) ? Directory.GetFiles(more, "*.jinja").Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
            templates[Path.GetFileNameWithoutExtension(file)] = File.ReadAllText(file);
        if (File.Exists(Path.Combine(folder, TemplateFile)))
            templates[Default] = File.ReadAllText(Path.Combine(folder, TemplateFile));
        return templates;
    }

    /// <summary>
    /// Reads the settings of a GGUF file. Tokens with the name of a well-known end token are end tokens even if the file does not say so,
    /// as in llama.cpp.
    /// </summary>
    internal static ModelSettings Read(GgufFile file)
    {
        var m = file.Metadata;
        var tokens = m.Texts(Ggml + "tokens");
        var ends = ggufEnds.Select(name => GgufId(m, name, tokens.Count)).OfType<int>().ToList();
        ends.AddRange(tokens.Index().Where(t => knownEnds.Contains(t.Item)).Select(t => t.Index));
        var temperature = Number("temp");
        return new ModelSettings
        {
            BeginToken = GgufId(m, "bos", tokens.Count),
            PaddingToken = GgufId(m, "padding", tokens.Count),
            Generation = new GenerationDefaults
            {
                EndTokens = [.. ends.Distinct()],
                Temperature = temperature,
                TopK = Number("top_k") is >= 1 and <= int.MaxValue and var k ? (int)k : null,
                TopP = Number("top_p") is > 0 and < 1 and var p ? p : null,
                MinP = Number("min_p") is > 0 and <= 1 and var least ? least : null,
                RepetitionPenalty = Number("penalty_repeat") is > 0 and not 1 and var penalty ? penalty : null,
            },
            ChatTemplates = Templates(m),
        };

        double? Number(string name) => m.Has(Sampling + name) ? Math.Round(m.Number(Sampling + name, null), 6) : null; // stored in single precision
    }

    static int? GgufId(GgufMetadata m, string name, int tokens) =>
        tokens > 0 && m.Has($"{Ggml}{name}_token_id") ? (int)m.Integer($"{Ggml}{name}_token_id", null, 0, tokens - 1) : null;

    static Dictionary<string, string> Templates(GgufMetadata m)
    {
        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in m.Texts(GgufTemplates))
        {
            if (m.Text($"{GgufTemplate}.{name}") is { } template)
                templates[name] = template;
        }
        if (m.Text(GgufTemplate) is { } usual)
            templates[Default] = usual;
        return templates;
    }

    /// <summary>Writes the ids to a config.json.</summary>
    internal void WriteIds(Utf8JsonWriter json, bool hasPadding)
    {
        WriteId(json, Begin, BeginToken);
        WriteEnds(json);
        if (PaddingToken is { } padding && !hasPadding)
            json.WriteNumber(Padding, padding);
    }

    void WriteEnds(Utf8JsonWriter json)
    {
        if (Generation.EndTokens.Count <= 1)
        {
            WriteId(json, End, Generation.EndTokens.Count == 0 ? null : Generation.EndTokens[0]);
            return;
        }
        json.WriteStartArray(End);
        foreach (var id in Generation.EndTokens)
            json.WriteNumberValue(id);
        json.WriteEndArray();
    }

    static void WriteId(Utf8JsonWriter json, string name, int? id)
    {
        if (id is { } known)
            json.WriteNumber(name, known);
        else
            json.WriteNull(name);
    }

    /// <summary>Writes generation_config.json and the templates to a model folder that already has its tokenizer.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="hasConfig">Whether the folder has a config.json, which holds a single end token.</param>
    internal void Write(string folder, bool hasConfig = true)
    {
        if (GenerationFile is { } own)
            AtomicFile.Write(Path.Combine(folder, GenerationDefaults.FileName), stream => stream.Write(own));
        else if (!hasConfig || Generation != new GenerationDefaults { EndTokens = Generation.EndTokens } || Generation.EndTokens.Count > 1)
            AtomicFile.Write(Path.Combine(folder, GenerationDefaults.FileName), WriteGeneration);
        var there = ReadTemplates(folder); // templates from tokenizer_config.json
        foreach (var (name, template) in ChatTemplates.Where(t => there.GetValueOrDefault(t.Key) != t.Value))
            AtomicFile.WriteText(name == Default ? Path.Combine(folder, TemplateFile) : Path.Combine(folder, TemplateFolder, FileNameOf(name)), template);
    }

    static string FileNameOf(string template) => template.Length > 0 && template.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? template + ".jinja"
        : throw new NotSupportedException($"the chat template '{template}' cannot be saved in a folder: its name may contain only letters, digits, - and _");

    void WriteGeneration(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        if (BeginToken is { } begin)
            json.WriteNumber(Begin, begin);
        if (Generation.EndTokens.Count > 0)
            WriteEnds(json);
        if (PaddingToken is { } padding)
            json.WriteNumber(Padding, padding);
        Generation.Write(json);
        json.WriteEndObject();
    }

    /// <summary>Writes the ids, the sampling settings and the templates to a GGUF file that already has its tokenizer.</summary>
    internal void Write(GgufWriter writer, Tokenizer tokenizer)
    {
        SetId("bos", BeginToken);
        var ends = Generation.EndTokens.Where(id => id < tokenizer.Vocab).ToList();
        var end = tokenizer.HasEndOfText && (ends.Count == 0 || ends.Contains(tokenizer.EndOfText)) ? tokenizer.EndOfText : ends.Count > 0 ? ends[0]
            : default(int?);
        SetId("eos", end);
        int[] others = [.. ends.Where(id => id != end)
            .OrderBy(id => Array.IndexOf(knownEnds, tokenizer.TokenOf(id)) is >= 0 and var known ? known : int.MaxValue)];
        foreach (var (name, id) in ggufEnds.Skip(1).Zip(others))
            SetId(name, id);
        SetId("padding", PaddingToken);
        Add("temp", Generation.Temperature);
        if (Generation.TopK is { } k)
            writer.I32(Sampling + "top_k", k);
        Add("top_p", Generation.TopP);
        Add("min_p", Generation.MinP);
        Add("penalty_repeat", Generation.RepetitionPenalty);
        string[] named = [.. ChatTemplates.Keys.Where(name => name != Default).Order(StringComparer.Ordinal)];
        if (named.Length > 0)
            writer.Texts(GgufTemplates, named);
        foreach (var name in named)
            writer.Text($"{GgufTemplate}.{name}", ChatTemplates[name]);
        if (ChatTemplate is { } template)
            writer.Text(GgufTemplate, template);

        void SetId(string name, int? id)
        {
            var key = $"{Ggml}{name}_token_id";
            if (id is { } known && known < tokenizer.Vocab && !writer.Has(key))
                writer.U32(key, (uint)known);
        }

        void Add(string name, double? value)
        {
            if (value is { } known)
                writer.F32(Sampling + name, (float)known);
        }
    }
}
