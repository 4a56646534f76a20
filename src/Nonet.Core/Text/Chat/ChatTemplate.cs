using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Text.Jinja;
using Nonet.Text.Json;

namespace Nonet.Text.Chat;

/// <summary>Settings for rendering a conversation.</summary>
public sealed record ChatTemplateOptions
{
    /// <summary>Whether the text ends with the beginning of the assistant's answer.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>Tools that the model may call.</summary>
    public IReadOnlyList<ChatTool> Tools { get; init; } = [];

    /// <summary>Additional variables of the template, such as enable_thinking: a JSON object.</summary>
    public JsonElement? Variables { get; init; }

    /// <summary>Clock that the template can read.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>
/// A chat template that converts a conversation to the text for a model: Jinja, stored in tokenizer_config.json, chat_template.jinja or a
/// GGUF file.
/// </summary>
public sealed class ChatTemplate
{
    const string FileName = "chat_template.jinja", Field = "chat_template", GgufField = "tokenizer.chat_template", ToolUse = "tool_use", Default = "default";

    readonly Dictionary<string, JinjaTemplate> templates = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> tokens = new(StringComparer.Ordinal);

    ChatTemplate()
    {
    }

    /// <summary>Parses a template.</summary>
    /// <param name="source">Jinja source.</param>
    /// <param name="tokens">Special tokens by name: bos_token, eos_token and others.</param>
    /// <param name="name">Name for messages.</param>
    public static ChatTemplate Parse(string source, IReadOnlyDictionary<string, string>? tokens = null, string name = "chat template")
    {
        var template = new ChatTemplate();
        template.templates[Default] = JinjaTemplate.Parse(source, name);
        foreach (var (token, text) in tokens ?? new Dictionary<string, string>())
            template.tokens[token] = text;
        return template;
    }

    /// <summary>
    /// Loads the template of a Hugging Face folder or a .gguf file; null if it has none. Throws a <see cref="JinjaException"/> or a
    /// <see cref="MalformedFileException"/>.
    /// </summary>
    public static ChatTemplate? Load(string path)
    {
        var template = new ChatTemplate();
        if (GgufFile.Is(path))
            template.Read(GgufFile.Open(path));
        else
            template.ReadFolder(path);
        return template.templates.Count > 0 ? template : null;
    }

    /// <summary>
    /// A template for models that have none: one line per turn, which begins with the role, and the end token after each answer. It needs no other special
    /// tokens.
    /// </summary>
    public const string Plain =
        "{% for message in messages %}{{ message['role'] | capitalize }}: {{ message['content'] }}{% if message['role'] == 'assistant' %}{{ eos_token }}{% "
        + "endif %}{{ '\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}Assistant:{% endif %}";

    /// <summary>Another template with the same special tokens.</summary>
    public ChatTemplate With(string source, string name) => Parse(source, tokens, name);

    /// <summary>A hash of the sources and special tokens. Equal fingerprints mean that two templates render every conversation alike.</summary>
    public ulong Fingerprint
    {
        get
        {
            var all = templates.Select(t => $"{t.Key}\0{t.Value.Source}").Concat(tokens.Select(t => $"{t.Key}\0{t.Value}")).Order(StringComparer.Ordinal);
            return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join("\0\0", all))));
        }
    }

    /// <summary>Whether the source of one of the templates contains a text.</summary>
    internal bool Mentions(string text) => templates.Values.Any(template => template.Source.Contains(text, StringComparison.Ordinal));

    /// <summary>
    /// Renders a conversation. Special tokens are spelled out in the text: encode it without adding the tokenizer's special tokens.
    /// </summary>
    /// <exception cref="JinjaException">The template has an error, or it rejects the conversation.</exception>
    public string Render(IEnumerable<ChatMessage> messages, ChatTemplateOptions? options = null) =>
        RenderMarked(messages, options ?? new ChatTemplateOptions()).Text;

    /// <summary>Renders a conversation, and returns the ranges of its text that the template marks with {% generation %}.</summary>
    internal (string Text, IReadOnlyList<(int Start, int End)> Generated) RenderMarked(IEnumerable<ChatMessage> messages, ChatTemplateOptions options)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            foreach (var (token, text) in tokens)
                json.WriteString(token, text);
            json.WriteStartArray("messages");
            foreach (var message in messages)
                message.Write(json);
            json.WriteEndArray();
            WriteTools(json, options.Tools);
            json.WriteBoolean("add_generation_prompt", options.AddGenerationPrompt);
            foreach (var variable in options.Variables?.EnumerateObject().AsEnumerable() ?? [])
                variable.WriteTo(json);
            json.WriteEndObject();
        }
        using var variables = JsonDocument.Parse(stream.ToArray());
        return For(options).RenderMarked(variables.RootElement, options.Time);
    }

    /// <summary>Whether the template marks the assistant's text with {% generation %}.</summary>
    internal bool MarksGeneration(ChatTemplateOptions options) => For(options).MarksGeneration;

    JinjaTemplate For(ChatTemplateOptions options) =>
        options.Tools.Count > 0 && templates.TryGetValue(ToolUse, out var own) ? own : templates.GetValueOrDefault(Default) ?? templates.Values.First();

    static void WriteTools(Utf8JsonWriter json, IReadOnlyList<ChatTool> tools)
    {
        if (tools.Count == 0)
        {
            json.WriteNull("tools");
            return;
        }
        json.WriteStartArray("tools");
        foreach (var tool in tools)
        {
            json.WriteStartObject();
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", tool.Name);
            json.WriteString("description", tool.Description);
            json.WritePropertyName("parameters");
            tool.Parameters.WriteTo(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    void Read(GgufFile file)
    {
        var m = file.Metadata;
        if (m.Text(GgufField) is not { } source)
            return;
        templates[Default] = JinjaTemplate.Parse(source, $"{file.FilePath}, {GgufField}");
        var texts = m.Texts("tokenizer.ggml.tokens");
        foreach (var name in new[] { "bos", "eos" })
        {
            if (m.Has($"tokenizer.ggml.{name}_token_id") && texts.Count > 0)
                tokens[$"{name}_token"] = texts[(int)m.Integer($"tokenizer.ggml.{name}_token_id", null, 0, texts.Count - 1)];
        }
    }

    void ReadFolder(string folder)
    {
        var (config, own, more) =
            (Path.Combine(folder, Tokenizer.ConfigFileName), Path.Combine(folder, FileName), Path.Combine(folder, "additional_chat_templates"));
        if (File.Exists(config))
            ReadConfig(JsonFields.Read(config));
        if (SpecialTokensMap.In(folder) is { } map)
            ReadMarks(map);
        if (Directory.Exists(more))
        {
            foreach (var file in Directory.GetFiles(more, "*.jinja").Order(StringComparer.Ordinal))
                templates[Path.GetFileNameWithoutExtension(file)] = JinjaTemplate.Parse(File.ReadAllText(file), file);
        }
        if (File.Exists(own))
            templates[Default] = JinjaTemplate.Parse(File.ReadAllText(own), own);
    }

    /// <summary>Adds special tokens by their use. Tokens that are already known do not change.</summary>
    void ReadMarks(JsonFields fields)
    {
        foreach (var mark in SpecialTokensMap.Uses.Where(use => fields.Has(use) && !tokens.ContainsKey(use)))
            tokens[mark] = (fields.IsText(mark) ? fields.Text(mark) : fields.Object(mark)!.Text("content"))
                ?? throw fields.Wrong(mark, "a text, or an object with content");
    }

    void ReadConfig(JsonFields fields)
    {
        ReadMarks(fields);
        if (!fields.Has(Field))
            return;
        if (fields.All.First(p => p.Name == Field).Value.ValueKind != JsonValueKind.Array)
        {
            templates[Default] = JinjaTemplate.Parse(fields.Text(Field)!, $"{fields.File}, {Field}");
            return;
        }
        foreach (var named in fields.Objects(Field))
        {
            var (name, source) = (named.Text("name") ?? throw named.Missing("name", "the template's name"), named.Text("template")
                ?? throw named.Missing("template", "the template"));
            templates[name] = JinjaTemplate.Parse(source, $"{fields.File}, {Field} '{name}'");
        }
    }
}
