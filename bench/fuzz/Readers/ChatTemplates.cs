using System.Text.Json;
using Nonet.Fuzz.Making;
using Nonet.Text.Chat;

namespace Nonet.Fuzz.Readers;

/// <summary>Templates of a grammar, and damaged ones of the usual kind, rendered for a conversation with tools.</summary>
sealed class ChatTemplates : Reader
{
    static readonly string[] usual =
    [
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + (message['content'] or '') + '<|im_end|>' + '\\n' }}{% endfor %}{% if "
            + "add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
        """
        {{- bos_token }}{%- set ns = namespace(system='', count=0) %}
        {%- if messages[0].role == 'system' %}{%- set ns.system = messages[0].content | trim %}{%- set rest = messages[1:] %}{%- else %}{%- set rest = messages %}{%- endif %}
        {%- macro turn(m, first=false) %}{{- '[' ~ m.role | upper ~ '] ' }}{{- m.content if m.content is string else (m.tool_calls | tojson(indent=2)) }}{%- endmacro %}
        {%- if tools is not none and tools | length > 0 %}{%- for tool in tools %}{{- tool | tojson }}{{- '\n' if not loop.last }}{%- endfor %}{%- endif %}
        {%- for m in rest | rejectattr('role', 'equalto', 'nobody') %}{%- set ns.count = ns.count + 1 %}{{- turn(m, loop.first) }}{%- if m.role not in ['user', 'assistant', 'tool', 'system'] %}{{- raise_exception('unknown role') }}{%- endif %}
        {%- endfor %}
        {{- ns.system.split('x')[0] ~ (ns.count % 2) }}
        """,
    ];

    static readonly ChatMessage[] conversation =
    [
        ChatMessage.System("You are terse."), ChatMessage.User("hello a b"),
        new ChatMessage("assistant", null) { ToolCalls = [new ChatToolCall("add", JsonDocument.Parse("""{"a": 1, "b": [2, "x"]}""").RootElement, "1")] },
        ChatMessage.Tool("3", "1", "add"), ChatMessage.User("Thank you, é😀"),
    ];

    static readonly ChatTool[] tools =
        [new ChatTool("add", "Adds.", JsonDocument.Parse("""{"type": "object", "properties": {"a": {"type": "number"}}}""").RootElement)];

    public override string Name => "chat templates";

    public override int Share => 16;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var template = sound ? SoundModels.Utf8(dice.Of<string>(usual)) : dice.OneIn(4) ? TextDamage.Of(dice.Of<string>(usual), dice)
            : SoundModels.Utf8(new JinjaGrammar(dice).Write());
        Write(folder, "chat_template.jinja", template);
        var withTools = dice.OneIn(2);
        return () =>
        {
            var loaded = ChatTemplate.Load(folder) ?? throw new InvalidOperationException("the template is not found");
            loaded.Render(conversation, new ChatTemplateOptions { Tools = withTools ? tools : [] });
        };
    }
}
