using System.Text.Json;
using Nonet.Files;
using Nonet.Text.Chat;
using Nonet.Text.Jinja;

namespace Nonet.Tests.Text.Chat;

public sealed class ChatTemplateTests : IDisposable
{
    const string ChatMl =
        "{%- for message in messages %}\n{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}\n{%- endfor %}\n{%- if "
        + "add_generation_prompt %}\n{{- '<|im_start|>assistant\\n' }}\n{%- endif %}";

    const string Inst = """
        {% if messages[0]['role'] == 'system' %}{% set system = '<<SYS>>\n' + messages[0]['content'] + '\n<</SYS>>\n\n' %}{% set messages = messages[1:] %}{% else %}{% set system = '' %}{% endif %}
        {% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must take turns') }}{% endif %}
        {%- if message['role'] == 'user' -%}{{ bos_token + '[INST] ' + (system if loop.first else '') + message['content'].strip() + ' [/INST]' }}{%- else -%}{{ ' ' + message['content'].strip() + ' ' + eos_token }}{%- endif -%}
        {% endfor %}
        """;

    const string Tools = """
        {%- if tools %}{{- 'Tools:\n' }}{%- for tool in tools %}{{- tool | tojson }}{{- '\n' }}{%- endfor %}{%- endif %}
        {%- for m in messages %}
        {%- if m.role == 'tool' %}{{- '<result>' ~ m.content ~ '</result>' }}
        {%- elif m.tool_calls %}{%- for c in m.tool_calls %}{{- '<call>' ~ c.function.name ~ ' ' ~ (c.function.arguments | tojson) ~ '</call>' }}{%- endfor %}
        {%- else %}{{- m.role ~ ': ' ~ m.content ~ '\n' }}{%- endif %}
        {%- endfor %}
        """;

    static readonly ChatMessage[] talk = [ChatMessage.System("Be kind."), ChatMessage.User(" Hi "), ChatMessage.Assistant("Hello"), ChatMessage.User("Bye")];
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Turns_are_laid_out()
    {
        var template = ChatTemplate.Parse(ChatMl);
        Assert.Equal("<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n Hi "
            + "<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n", template.Render(talk));
        Assert.EndsWith("Bye<|im_end|>\n", template.Render(talk, new ChatTemplateOptions { AddGenerationPrompt = false }), StringComparison.Ordinal);
    }

    [Fact]
    public void Special_tokens_come_from_the_tokenizer()
    {
        folder.Add("tokenizer_config.json",
            JsonSerializer.Serialize(
            new Dictionary<string, object> { ["bos_token"] = "<s>", ["eos_token"] = new { content = "</s>" }, ["chat_template"] = Inst }));
        var template = ChatTemplate.Load(folder.Path)!;
        Assert.Equal("<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHi [/INST] Hello </s><s>[INST] Bye [/INST]", template.Render(talk));
        Assert.Contains("Roles must take turns", Assert.Throws<JinjaException>(() => template.Render([ChatMessage.User("a"), ChatMessage.User("b")])).Message,
            StringComparison.Ordinal);
        Assert.Contains(folder["tokenizer_config.json"], Assert.Throws<JinjaException>(() => template.Render([ChatMessage.Assistant("a")])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Tools_their_calls_and_results()
    {
        using var schema = JsonDocument.Parse("""{"type":"object","properties":{"city":{"type":"string"}}}""");
        using var arguments = JsonDocument.Parse("""{"city":"Köln"}""");
        ChatMessage[] messages =
            [ChatMessage.User("Weather?"), new ChatMessage("assistant", null) { ToolCalls = [new ChatToolCall("weather", arguments.RootElement, "c1")] },
            ChatMessage.Tool("rain", "c1", "weather")];
        var text = ChatTemplate.Parse(Tools).Render(messages, new ChatTemplateOptions { Tools = [new ChatTool("weather", "Tells it.", schema.RootElement)] });
        Assert.Equal("Tools:\n{\"type\": \"function\", \"function\": {\"name\": \"weather\", \"description\": \"Tells it.\", \"parameters\": {\"type\": "
            + "\"object\", \"properties\": {\"city\": {\"type\": \"string\"}}}}}\n"
            + "user: Weather?\n<call>weather {\"city\": \"Köln\"}</call><result>rain</result>", text);
    }

    [Fact]
    public void A_file_goes_before_the_config_and_tool_use_has_its_own()
    {
        Assert.Null(ChatTemplate.Load(folder.Path));
        folder.Add("tokenizer_config.json", """{"chat_template":[{"name":"default","template":"plain"},{"name":"tool_use","template":"tools"}]}""");
        using var schema = JsonDocument.Parse("{}");
        var tools = new ChatTemplateOptions { Tools = [new ChatTool("a", "", schema.RootElement)] };
        Assert.Equal(("plain", "tools"), (ChatTemplate.Load(folder.Path)!.Render(talk), ChatTemplate.Load(folder.Path)!.Render(talk, tools)));
        folder.Add("chat_template.jinja", "file {{ enable_thinking }}");
        using var variables = JsonDocument.Parse("""{"enable_thinking":false}""");
        Assert.Equal("file False", ChatTemplate.Load(folder.Path)!.Render(talk, new ChatTemplateOptions { Variables = variables.RootElement }));
        folder.Add("tokenizer_config.json", """{"chat_template":[{"name":"default"}]}""");
        Assert.Contains("chat_template[0].template", Assert.Throws<MalformedFileException>(() => ChatTemplate.Load(folder.Path)).Message,
            StringComparison.Ordinal);
        folder.Add("tokenizer_config.json", """{"bos_token":5}""");
        Assert.Contains("'bos_token': 5", Assert.Throws<MalformedFileException>(() => ChatTemplate.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_are_those_of_transformers()
    {
        const string Script = """
            import sys, json, transformers as t
            from tokenizers import Tokenizer, models
            k = t.PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), bos_token='<s>', eos_token='</s>')
            templates, messages, tools = json.load(open(sys.argv[1] + '/in.json'))
            out = [k.apply_chat_template(messages, chat_template=c, tools=tools, tokenize=False, add_generation_prompt=True) for c in templates]
            json.dump(out, open(sys.argv[1] + '/out.json', 'w'))
            """;
        using var peer = new Peer();
        string[] sources = [ChatMl, Inst, Tools];
        var messages = talk.Select(m => new Dictionary<string, string> { ["role"] = m.Role, ["content"] = m.Content! });
        var tool = """{"type":"function","function":{"name":"weather","description":"Tells it.","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}""";
        File.WriteAllText(Path.Combine(peer.Folder, "in.json"), $"[{JsonSerializer.Serialize(sources)},{JsonSerializer.Serialize(messages)},[{tool}]]");
        peer.Python("-c", Script, peer.Inside);
        var theirs = JsonSerializer.Deserialize<string[]>(File.ReadAllText(Path.Combine(peer.Folder, "out.json")))!;
        using var schema = JsonDocument.Parse("""{"type":"object","properties":{"city":{"type":"string"}}}""");
        var options = new ChatTemplateOptions { Tools = [new ChatTool("weather", "Tells it.", schema.RootElement)] };
        Assert.Equal(theirs,
            sources.Select(s => ChatTemplate.Parse(s, new Dictionary<string, string> { ["bos_token"] = "<s>", ["eos_token"] = "</s>" }).Render(talk, options)));
    }
}
