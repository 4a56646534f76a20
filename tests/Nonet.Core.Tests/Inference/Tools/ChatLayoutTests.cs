using System.Text.Json;
using Nonet.Inference.Chat;
using Nonet.Text.Chat;

namespace Nonet.Tests.Inference.Tools;

public class ChatLayoutTests
{
    static readonly ChatMessage[] talk =
    [
        ChatMessage.System("Be kind."),
        ChatMessage.User("Weather?"),
        new ChatMessage("assistant", "I look.") {
            ToolCalls = [new ChatToolCall("get_weather", JsonElement.Parse("""{"city":"Rome"}"""), "call_of_another_service")] },
        ChatMessage.Tool("rain", "call_of_another_service", "get_weather"),
    ];

    static string Render(string format, ChatMessage[] messages) =>
        new ChatLayout(ChatTemplate.Parse(ToolTemplates.Of(format))).Render(messages, [ToolTemplates.Clock]);

    [Fact]
    public void What_a_template_knows_it_writes_itself()
    {
        var tool = """[tools]{"type": "function", "function": {"name": "get_time", "description": "Tells the time.", "parameters": {"type": "object", "properties": {}}}}[/tools]""";
        Assert.Equal(tool + "<|system|>Be kind.<|user|>Weather?<|assistant|>I look.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": "
            + "\"Rome\"}}\n</tool_call><|tool|>rain<|assistant|>", Render("hermes", talk));
    }

    [Fact]
    public void What_a_template_does_not_know_becomes_text()
    {
        var text = Render("plain", talk);
        Assert.Equal("""
            <|user|>You can call these tools. Each line describes one, as JSON:
            {"name": "get_time", "description": "Tells the time.", "parameters": {"type": "object", "properties": {}}}

            To call a tool, write this and nothing after it:
            <tool_call>
            {"name": "NAME", "arguments": {"PARAMETER": "VALUE"}}
            </tool_call>
            You then receive the result. Answer without a call if you need no tool.

            Be kind.

            Weather?<|assistant|>I look.
            <tool_call>
            {"name": "get_weather", "arguments": {"city": "Rome"}}
            </tool_call><|user|><tool_response>
            rain
            </tool_response><|assistant|>
            """, text);
    }

    [Fact]
    public void Ids_of_another_service_get_the_length_that_Mistral_takes()
    {
        var text = Render("mistral", talk);
        Assert.Matches("\\[TOOL_CALLS\\] \\[\\{\"name\": \"get_weather\", \"arguments\": \\{\"city\": \"Rome\"\\}, \"id\": \"[A-Za-z0-9]{9}\"\\}\\]", text);
        Assert.Equal(text, Render("mistral", talk)); // so that its keys and values can be reused
    }

    [Fact]
    public void Results_side_by_side_are_one_turn_and_system_messages_are_one()
    {
        ChatMessage[] messages =
            [ChatMessage.System("A."), ChatMessage.System("B."), ChatMessage.User("?"), ChatMessage.Tool("1"), ChatMessage.Tool("2"), ChatMessage.User("!")];
        Assert.EndsWith("A.\n\nB.\n\n?<|user|><tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response>\n\n!<|assistant|>",
            Render("plain", messages), StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_come_one_by_one_where_the_template_takes_no_more()
    {
        var call = new ChatToolCall("get_weather", JsonElement.Parse("{}"), "1");
        ChatMessage[] messages =
        [
            ChatMessage.User("?"), new ChatMessage("assistant", "I look.") { ToolCalls = [call, call with { Id = "2", Name = "get_time" }] },
            ChatMessage.Tool("noon", "2", "get_time"), ChatMessage.Tool("rain", "1", "get_weather"), ChatMessage.Assistant("So."),
        ];
        Assert.EndsWith("<|user|>?<|assistant|>I look.{\"name\": \"get_weather\", \"parameters\": {}}<|tool|>rain<|assistant|>{\"name\": \"get_time\", "
            + "\"parameters\": {}}"
            + "<|tool|>noon<|assistant|>So.<|assistant|>", Render("llama3", messages), StringComparison.Ordinal);
        Assert.Contains("</tool_call>\n<tool_call>", Render("hermes", messages), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_template_turns_are_lines()
    {
        var layout = new ChatLayout(null);
        Assert.True(layout.IsPlain);
        Assert.Equal("System: A.\nUser: ?\nAssistant:", layout.Render([ChatMessage.System("A."), ChatMessage.User("?")]));
        Assert.Equal(["\nUser:"], layout.StopTexts);
    }
}
