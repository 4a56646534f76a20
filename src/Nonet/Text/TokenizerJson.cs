using System.Text.Json;
using Nonet.Formats;

namespace Nonet.Text;

/// <summary>A token outside the merges: special tokens, and words that were added later.</summary>
readonly record struct AddedToken(int Id, string Content, bool Special);

/// <summary>
/// A byte-level BPE as Hugging Face's tokenizers writes it. Parts that would change ids in a way not supported here are refused by name.
/// </summary>
sealed class TokenizerJson
{
    static readonly string[] endMarks = ["<|endoftext|>", "<|end_of_text|>", "</s>"];

    public required ReadOnlyMemory<byte> Content { get; init; }
    public required ReadOnlyMemory<byte> ConfigContent { get; init; }
    public required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    /// <summary>Pairs "left right", the first to be merged first.</summary>
    public required IReadOnlyList<string> Merges { get; init; }

    public required IReadOnlyList<AddedToken> Added { get; init; }

    /// <summary>The regular expression that cuts text into words; null is GPT-2's; empty is none.</summary>
    public string? Split { get; private set; } = "";

    /// <summary>Whether a text gets a space before it unless it starts with one.</summary>
    public bool AddPrefixSpace { get; private set; }

    /// <summary>Whether a word that is in the vocabulary is its token, whatever the merges give.</summary>
    public bool IgnoreMerges { get; private init; }

    /// <summary>Ids that the template sets before and after a text.</summary>
    public List<int> Before { get; } = [];
    public List<int> After { get; } = [];

    public int EndOfText { get; private init; }

    public static TokenizerJson Read(string file, string? configFile)
    {
        var content = File.ReadAllBytes(file);
        var config = configFile is null ? null : File.ReadAllBytes(configFile);
        return Parse(file, content, config is null ? null : JsonFields.Parse(configFile!, config), config);
    }

    /// <summary>Parses what <see cref="Write"/> and <see cref="WriteConfig"/> wrote.</summary>
    public static TokenizerJson Parse(string file, byte[] content, byte[] config) => Parse(file, content, JsonFields.Parse(Tokenizer.ConfigFileName, config), config);

    public static TokenizerJson Parse(string file, ReadOnlyMemory<byte> content, JsonFields? config = null, byte[]? configContent = null)
    {
        var json = JsonFields.Parse(file, content);
        var model = json.Object("model") ?? throw json.Missing("model", "a BPE model");
        if (model.Text("type") is { } type && type != "BPE")
            throw model.Wrong("type", "BPE: byte-level BPE is what is supported");
        model.Only("byte_fallback", false);
        foreach (var name in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
        {
            if (!string.IsNullOrEmpty(model.Text(name)))
                throw model.Wrong(name, "none: byte-level BPE is what is supported");
        }
        if (json.Object("normalizer") is { } normalizer)
            throw normalizer.Wrong("type", "no normalizer: none is supported");

        var vocabulary = ReadVocabulary(model.Object("vocab") ?? throw model.Missing("vocab", "tokens and ids"));
        var added = ReadAdded(json);
        var endText = EndOfTextName(config, added);
        var result = new TokenizerJson
        {
            Content = content,
            ConfigContent = configContent ?? WriteConfig(endText ?? ""),
            Vocabulary = vocabulary,
            Merges = ReadMerges(model),
            Added = added,
            IgnoreMerges = model.Flag("ignore_merges", false),
            EndOfText = endText is not null && added.Find(a => a.Content == endText) is { Content: not null } token ? token.Id
                : endText is not null && vocabulary.TryGetValue(endText, out var id) ? id
                : throw new MalformedFileException(file, "no end-of-text token", $"one named by eos_token in {Tokenizer.ConfigFileName}, or {string.Join(" or ", endMarks)}"),
        };
        result.ReadPreTokenizer(json.Object("pre_tokenizer") ?? throw json.Missing("pre_tokenizer", "ByteLevel"));
        result.ReadPostProcessor(json.Object("post_processor"), added);
        return result;
    }

    public static Dictionary<string, int> ReadVocabulary(JsonFields json)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var pair in json.All)
        {
            if (pair.Value.ValueKind != JsonValueKind.Number || !pair.Value.TryGetInt32(out var id) || id < 0)
                throw json.Wrong(pair.Name, "an id: a whole number from 0");
            vocabulary[pair.Name] = id;
        }
        return vocabulary;
    }

    static List<AddedToken> ReadAdded(JsonFields json)
    {
        var added = new List<AddedToken>();
        foreach (var token in json.Objects("added_tokens"))
        {
            foreach (var name in new[] { "single_word", "lstrip", "rstrip" })
                token.Only(name, false);
            var content = token.Text("content");
            if (string.IsNullOrEmpty(content))
                throw token.Wrong("content", "the token's text");
            added.Add(new AddedToken(token.Has("id") && token.Number("id", 0, 0, 0x7fffffff) == 0 ? 0 : token.Positive("id"), content, token.Flag("special", false)));
        }
        return added;
    }

    /// <summary>Each "left right", or ["left", "right"] as tokenizers writes since 0.20.</summary>
    static List<string> ReadMerges(JsonFields model)
    {
        var merges = new List<string>();
        foreach (var merge in model.Array("merges"))
        {
            var text = merge.ValueKind switch
            {
                JsonValueKind.String => merge.GetString(),
                JsonValueKind.Array when merge.GetArrayLength() == 2 && merge.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String) => $"{merge[0].GetString()} {merge[1].GetString()}",
                _ => null,
            };
            if (text is null || text.Count(c => c == ' ') != 1)
                throw new MalformedFileException(model.File, $"merge {merges.Count}: {merge.GetRawText()}", "two tokens");
            merges.Add(text);
        }
        return merges;
    }

    void ReadPreTokenizer(JsonFields json)
    {
        switch (json.Text("type"))
        {
            case "ByteLevel":
                AddPrefixSpace = json.Flag("add_prefix_space", true);
                if (json.Flag("use_regex", true))
                    Split = Split is "" ? null : throw json.Wrong("use_regex", "false after a Split");
                break;
            case "Split":
                Split = Split is "" && json.Object("pattern")?.Text("Regex") is { Length: > 0 } regex ? regex : throw json.Wrong("pattern", "one regular expression");
                if (json.Text("behavior") != "Isolated")
                    throw json.Wrong("behavior", "Isolated");
                json.Only("invert", false);
                break;
            case "Sequence":
                foreach (var part in json.Objects("pretokenizers"))
                    ReadPreTokenizer(part);
                break;
            default:
                throw json.Wrong("type", "ByteLevel, or a Sequence of Split and ByteLevel");
        }
    }

    void ReadPostProcessor(JsonFields? json, List<AddedToken> added)
    {
        switch (json?.Text("type"))
        {
            case null or "ByteLevel":
                break;
            case "Sequence":
                foreach (var part in json.Objects("processors"))
                    ReadPostProcessor(part, added);
                break;
            case "TemplateProcessing":
                var marks = Before;
                foreach (var piece in json.Objects("single"))
                {
                    if (piece.Has("Sequence"))
                        marks = After;
                    else if (piece.Object("SpecialToken")?.Text("id") is { } name && added.Find(a => a.Content == name) is { Content: not null } token)
                        marks.Add(token.Id);
                    else
                        throw piece.Wrong("SpecialToken", "the name of an added token");
                }
                break;
            default:
                throw json.Wrong("type", "ByteLevel or TemplateProcessing");
        }
    }

    static string? EndOfTextName(JsonFields? config, List<AddedToken> added)
    {
        if (config is not null && config.Has("eos_token"))
            return config.All.First(p => p.Name == "eos_token").Value.ValueKind == JsonValueKind.Object ? config.Object("eos_token")!.Text("content") : config.Text("eos_token");
        return Array.Find(endMarks, m => added.Exists(a => a.Content == m));
    }

    /// <summary>A tokenizer.json of our own.</summary>
    /// <param name="vocabulary">Ids of symbols.</param>
    /// <param name="merges">Each "left right", the first to be merged first.</param>
    /// <param name="special">Special tokens and their ids.</param>
    /// <param name="split">The regular expression that cuts text into words; null is GPT-2's; empty is none.</param>
    public static byte[] Write(
        IReadOnlyList<KeyValuePair<string, int>> vocabulary, IReadOnlyList<string> merges, IReadOnlyList<KeyValuePair<string, int>> special, string? split)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            json.WriteStartArray("added_tokens");
            foreach (var (content, id) in special)
            {
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WriteString("content", content);
                foreach (var name in new[] { "single_word", "lstrip", "rstrip", "normalized" })
                    json.WriteBoolean(name, false);
                json.WriteBoolean("special", true);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteNull("normalizer");
            json.WriteStartObject("pre_tokenizer");
            if (string.IsNullOrEmpty(split))
                WriteByteLevel(json, split is null);
            else
                WriteSplit(json, split);
            json.WriteEndObject();
            foreach (var name in new[] { "post_processor", "decoder" })
            {
                json.WriteStartObject(name);
                WriteByteLevel(json, useRegex: split is null);
                json.WriteEndObject();
            }
            json.WriteStartObject("model");
            json.WriteString("type", "BPE");
            foreach (var name in new[] { "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix" })
                json.WriteNull(name);
            foreach (var name in new[] { "fuse_unk", "byte_fallback", "ignore_merges" })
                json.WriteBoolean(name, false);
            json.WriteStartObject("vocab");
            foreach (var (token, id) in vocabulary)
                json.WriteNumber(token, id);
            json.WriteEndObject();
            json.WriteStartArray("merges");
            foreach (var merge in merges)
                json.WriteStringValue(merge);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    static void WriteByteLevel(Utf8JsonWriter json, bool useRegex)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", useRegex);
    }

    static void WriteSplit(Utf8JsonWriter json, string pattern)
    {
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Split");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", pattern);
        json.WriteEndObject();
        json.WriteString("behavior", "Isolated");
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        json.WriteStartObject();
        WriteByteLevel(json, useRegex: false);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>The tokenizer_config.json that makes transformers take tokenizer.json as it is.</summary>
    public static byte[] WriteConfig(string endOfText)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
            json.WriteString("bos_token", endOfText);
            json.WriteString("eos_token", endOfText);
            json.WriteBoolean("clean_up_tokenization_spaces", false);
            json.WriteEndObject();
        }
        return stream.ToArray();
    }
}
