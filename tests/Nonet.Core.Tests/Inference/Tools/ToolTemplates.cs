using System.Text.Json;
using Nonet.Text.Chat;

namespace Nonet.Tests.Inference.Tools;

/// <summary>Chat templates in the manner of released models, and a tool.</summary>
static class ToolTemplates
{
    public const string Reply = "<|assistant|>";

    public static readonly ChatTool Weather = new("get_weather", "Tells the weather.", JsonElement.Parse(
        """{"type":"object","properties":{"city":{"type":"string","enum":["Paris","Rome"]},"days":{"type":"integer","minimum":1,"maximum":9}},"required":["city"]}"""));

    public static readonly ChatTool Clock = new("get_time", "Tells the time.", JsonElement.Parse("""{"type":"object","properties":{}}"""));

    const string Turns = """
        {%- if tools %}[tools]{% for tool in tools %}{{ tool | tojson }}{% endfor %}[/tools]{% endif %}
        {%- for m in messages %}
        {%- if m.role == 'tool' %}<|tool|>{{ m.content }}
        {%- else %}<|{{ m.role }}|>{{ m.content }}
        """;

    const string End = """
        {%- endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}
        """;

    public const string Hermes = Turns + """
        {%- for c in m.tool_calls or [] %}{{ '\n<tool_call>\n{"name": "' + c.function.name + '", "arguments": ' + (c.function.arguments | tojson) + '}\n</tool_call>' }}{% endfor %}
        """ + End;

    public const string Llama = "{%- set start = '<|start_header_id|>' %}" + Turns + """
        {%- if m.tool_calls | length > 1 %}{{ raise_exception('one call at once') }}{% endif %}
        {%- for c in m.tool_calls or [] %}{{ '{"name": "' + c.function.name + '", ' }}{{ '"parameters": ' }}{{ c.function.arguments | tojson }}{{ '}' }}{% endfor %}
        """ + End;

    public const string Mistral = Turns + """
        {%- if m.tool_calls %}[TOOL_CALLS] [{% for c in m.tool_calls %}{% if c.id | length != 9 %}{{ raise_exception('ids have 9 characters') }}{% endif %}
        {{- '{"name": "' + c.function.name + '", "arguments": ' + (c.function.arguments | tojson) + ', "id": "' + c.id + '"}' }}{{ ', ' if not loop.last }}{% endfor %}]{% endif %}
        """ + End;

    public const string MistralArguments = Turns + """
        {%- for c in m.tool_calls or [] %}[TOOL_CALLS]{{ c.function.name }}[ARGS]{{ c.function.arguments | tojson }}{% endfor %}
        """ + End;

    public const string Granite = Turns + """
        {%- if m.tool_calls %}<|tool_call|>[{% for c in m.tool_calls %}{{ '{"name": "' + c.function.name + '", "arguments": ' + (c.function.arguments | tojson) + '}' }}{{ ', ' if not loop.last }}{% endfor %}]{% endif %}
        """ + End;

    public const string QwenCoder = Turns + """
        {%- for c in m.tool_calls or [] %}{{ '\n<tool_call>\n<function=' + c.function.name + '>\n' }}
        {%- for name, value in c.function.arguments | items %}{{ '<parameter=' + name + '>\n' }}{{ value if value is string else value | tojson }}{{ '\n</parameter>\n' }}{% endfor %}
        {{- '</function>\n</tool_call>' }}{% endfor %}
        """ + End;

    public const string Glm = Turns + """
        {%- for c in m.tool_calls or [] %}{{ '\n<tool_call>' + c.function.name }}
        {%- for k, v in c.function.arguments.items() %}{{ '\n<arg_key>' + k + '</arg_key>\n<arg_value>' }}{{ v if v is string else v | tojson }}</arg_value>{% endfor %}
        {{- '\n</tool_call>' }}{% endfor %}
        """ + End;

    /// <summary>As DeepSeek's own, it takes the arguments as a text, so that calls are written without it.</summary>
    public const string DeepSeek = Turns + """
        {%- for c in m.tool_calls or [] %}{{ '<｜tool▁calls▁begin｜>' if loop.first else '\n' }}{{ '<｜tool▁call▁begin｜>' + c.type + '<｜tool▁sep｜>' + c.function.name + '\n```json\n' + c.function.arguments + '\n```<｜tool▁call▁end｜>' }}
        {{- '<｜tool▁calls▁end｜>' if loop.last }}{% endfor %}
        """ + End;

    public const string DeepSeekArguments = Turns + """
        {%- for c in m.tool_calls or [] %}{{ '<｜tool▁calls▁begin｜>' if loop.first }}{{ '<｜tool▁call▁begin｜>' + c.function.name + '<｜tool▁sep｜>' + c.function.arguments + '<｜tool▁call▁end｜>' }}
        {{- '<｜tool▁calls▁end｜>' if loop.last }}{% endfor %}
        """ + End;

    public const string WithoutTools = """
        {%- for m in messages %}{% if m.role not in ['user', 'assistant'] %}{{ raise_exception('unknown role ' ~ m.role) }}{% endif %}<|{{ m.role }}|>{{ m.content }}
        {%- endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}
        """;

    /// <summary>Of a model that may think before it answers, as Qwen 3 does.</summary>
    public const string Thinking = "{#- <think> #}" + Turns + """
        {%- if loop.last and enable_thinking is defined %}thinking {{ enable_thinking }}{% endif %}
        """ + End;

    public static string Of(string format) => format switch
    {
        "hermes" => Hermes,
        "llama3" => Llama,
        "mistral" => Mistral,
        "mistral-args" => MistralArguments,
        "granite" => Granite,
        "qwen3-coder" => QwenCoder,
        "glm" => Glm,
        "deepseek" => DeepSeek,
        "deepseek-args" => DeepSeekArguments,
        "thinking" => Thinking,
        _ => WithoutTools,
    };
}
