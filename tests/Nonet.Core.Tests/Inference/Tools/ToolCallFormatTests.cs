using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Nonet.Inference.Tools;
using Nonet.Text.Chat;

namespace Nonet.Tests.Inference.Tools;

public class ToolCallFormatTests
{
    static readonly ChatToolCall paris = new("get_weather", JsonElement.Parse("""{"city": "Paris", "days": 2}"""), "abcdefghi");
    static readonly ChatToolCall time = new("get_time", JsonElement.Parse("{}"), "123456789");

    public static TheoryData<string, string> Written => new()
    {
        { "hermes", "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}}\n</tool_call>\n<tool_call>\n{\"name\": "
            + "\"get_time\", \"arguments\": {}}\n</tool_call>" },
        { "plain", "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}}\n</tool_call>\n<tool_call>\n{\"name\": "
            + "\"get_time\", \"arguments\": {}}\n</tool_call>" },
        { "mistral", "[TOOL_CALLS] [{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}, \"id\": \"abcdefghi\"}, {\"name\": "
            + "\"get_time\", \"arguments\": {}, \"id\": \"123456789\"}]" },
        { "mistral-args", "[TOOL_CALLS]get_weather[CALL_ID]abcdefghi[ARGS]{\"city\": \"Paris\", \"days\": 2}\n[TOOL_CALLS]get_time[CALL_ID]123456789[ARGS]{}" },
        { "granite", "<|tool_call|> [{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}}, {\"name\": \"get_time\", "
            + "\"arguments\": {}}]" },
        { "qwen3-coder", "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n<parameter=days>\n2\n</parameter>\n"
            + "</function>\n</tool_call>\n<tool_call>\n<function=get_time>\n</function>\n</tool_call>" },
        { "glm", "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n<arg_key>days</arg_key>\n<arg_value>2</arg_value>\n"
            + "</tool_call>\n<tool_call>get_time\n</tool_call>" },
        { "deepseek", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"city\": \"Paris\", \"days\": 2}\n```"
            + "<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_time\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>" },
        { "deepseek-args", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{\"city\": \"Paris\", \"days\": 2}<｜tool▁call▁end｜>"
            + "<｜tool▁call▁begin｜>get_time<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>" },
    };

    static ToolCallFormat Format(string name) => ToolCallFormat.All.Single(f => f.Name == name);

    [Theory, MemberData(nameof(Written))]
    public void Calls_are_written_and_read_back(string name, string text)
    {
        var format = Format(name);
        Assert.Equal(text, format.Write([paris, time]));
        var (rest, calls) = format.Read("Wait. \n" + text);
        Assert.Equal("Wait.", rest);
        Assert.Equal(["get_weather {\"city\": \"Paris\", \"days\": 2}", "get_time {}"], calls.Select(c => $"{c.Name} {ToolCallWriter.JsonOf(c.Arguments)}"));
        Assert.All(calls, c => Assert.Equal(9, c.Id!.Length));
        if (name.StartsWith("mistral", StringComparison.Ordinal))
            Assert.Equal(["abcdefghi", "123456789"], calls.Select(c => c.Id));
    }

    [Fact]
    public void A_call_of_Llama_is_the_whole_reply()
    {
        var format = Format("llama3");
        Assert.Equal("{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\", \"days\": 2}}", format.Write([paris]));
        foreach (var before in new[] { "", "\n", "<|python_tag|>" })
        {
            var (text, calls) = format.Read(before + format.Write([paris]));
            Assert.Equal("", text);
            Assert.Equal("Paris", Assert.Single(calls).Arguments.GetProperty("city").GetString());
        }
        Assert.Equal(("So: {\"name\": \"get_weather\", \"parameters\": {}}", 0), Count(format.Read("So: {\"name\": \"get_weather\", \"parameters\": {}}")));
        Assert.Equal(("{\"temperature\": 3}", 0), Count(format.Read("{\"temperature\": 3}")));
    }

    static (string, int) Count((string Text, IReadOnlyList<ChatToolCall> Calls) read) => (read.Text, read.Calls.Count);

    [Theory]
    [InlineData("hermes"), InlineData("llama3"), InlineData("mistral"), InlineData("mistral-args"), InlineData("granite"), InlineData("plain")]
    [InlineData("qwen3-coder"), InlineData("glm"), InlineData("deepseek"), InlineData("deepseek-args")]
    public void A_template_tells_its_format(string name) => Assert.Equal(name, ToolCallFormat.Of(ChatTemplate.Parse(ToolTemplates.Of(name))).Name);

    [Fact]
    public void A_template_with_calls_in_XML_gets_the_plain_format() =>
        Assert.Equal("plain", ToolCallFormat.Of(ChatTemplate.Parse("{{ '<tool_call><function=f></function></tool_call>' }}")).Name);

    /// <summary>Without quotes only the schema tells the text 10 from the number 10.</summary>
    [Theory]
    [InlineData("qwen3-coder", "<tool_call>\n<function=f>\n<parameter=a>\n{0}\n</parameter>\n</function>\n</tool_call>")]
    [InlineData("glm", "<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>{0}</arg_value>\n</tool_call>")]
    public void A_schema_tells_texts_from_other_values(string name, string call)
    {
        foreach (var (type, value, wanted) in new[]
        {
            ("\"string\"", "10", "\"10\""), ("\"string\"", "null", "\"null\""), ("\"integer\"", "10", "10"), ("\"number\"", "-1.5e3", "-1.5e3"),
            ("\"boolean\"", "true", "true"), ("[\"string\", \"null\"]", "null", "null"), ("[\"string\", \"null\"]", "10", "\"10\""),
            ("\"array\"", "[1, \"b\"]", "[1,\"b\"]"), ("\"object\"", "{\"x\": 1}", "{\"x\":1}"), ("\"integer\"", "ten", "\"ten\""), ("\"string\"", "", "\"\""),
            ("\"string\"", "\n a <b> \"c\"\n\nd", "\"\\n a <b> \\\"c\\\"\\n\\nd\""),
        })
        {
            var tool = new ChatTool("f", "",
                JsonElement.Parse("""{"type":"object","properties":{"a":{"type":TYPE}}}""".Replace("TYPE", type, StringComparison.Ordinal)));
            var (rest, calls) = Format(name).Read(call.Replace("{0}", value, StringComparison.Ordinal), [tool]);
            Assert.Equal(("", wanted), (rest, Assert.Single(calls).Arguments.GetProperty("a").GetRawText()));
        }
        Assert.Equal("[10,\"ten\",\"\\\"q\\\"\"]", "[" + string.Join(',', new[] { "10", "ten", "\"q\"" }.Select(v =>
            Format(name).Read(call.Replace("{0}", v, StringComparison.Ordinal)).Calls[0].Arguments.GetProperty("a").GetRawText())) + "]");
    }

    /// <summary>A string of an array or an object may contain the marks. A text ends at the first mark.</summary>
    [Theory]
    [InlineData("qwen3-coder", "<tool_call>\n<function=f>\n<parameter=a>\n{0}\n</parameter>\n</function>\n</tool_call>", "</parameter>")]
    [InlineData("glm", "<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>{0}</arg_value>\n</tool_call>", "</arg_value>")]
    public void JSON_may_contain_the_marks(string name, string call, string mark)
    {
        var inside = $"{mark}\\n</function>\\n</tool_call>";
        foreach (var (schema, value, wanted) in new[]
        {
            ("\"type\":\"array\"", $"[\"a {inside} b\", 1]", $"[\"a {inside} b\",1]"),
            ("\"type\":\"object\"", $"{{\"{mark}\": [\"\\\"{inside}\"]}}", $"{{\"{mark}\":[\"\\\"{inside}\"]}}"),
            ("\"anyOf\":[{\"type\":\"null\"},{\"type\":\"array\"}]", $"[\"{mark}\"] ", $"[\"{mark}\"]"),
            ("\"description\":\"any\"", $" [\"é\ud83d\ude00{mark}\"]", $"[\"é\ud83d\ude00{mark}\"]"),
            ("\"type\":[\"string\",\"array\"]", $"[\"{mark}\"]", $"[\"{mark}\"]"),
            ("\"type\":[\"string\",\"array\"]", "[1] and", "\"[1] and\""), // no JSON: a text
            ("\"type\":\"array\"", "[1, x]", "\"[1, x]\""),
            ("\"type\":[\"string\",\"array\"]", "[\"a", "\"[\\\"a\""), // a string that is not closed
            ("\"type\":[\"string\",\"object\"]", "[\"a", "\"[\\\"a\""), // not the beginning of an object
            ("\"type\":\"array\"", "[\"a\"", "\"[\\\"a\\\"\""),
        })
        {
            var tool = new ChatTool("f", "",
                JsonElement.Parse("""{"type":"object","properties":{"a":{SCHEMA}}}""".Replace("SCHEMA", schema, StringComparison.Ordinal)));
            var text = call.Replace("{0}", value, StringComparison.Ordinal);
            foreach (var size in new[] { 1, 3, 1000 })
            {
                var reader = new ReplyReader(Format(name), Thinking.None, [tool]);
                var pieces = Pieces(reader, text, size);
                Assert.Equal(("", ""), (string.Concat(pieces.Select(p => p.Text)), reader.Incomplete));
                Assert.Equal(JsonNode.Parse(wanted)!.ToJsonString(),
                    JsonNode.Parse(Assert.Single(pieces, p => p.Call is not null).Call!.Arguments.GetProperty("a").GetRawText())!.ToJsonString());
            }
        }
        var said = new ChatTool("f", "", JsonElement.Parse("""{"properties":{"a":{"type":"string"}}}"""));
        var cut = Format(name).Read(call.Replace("{0}", $"[\"{mark}\"]", StringComparison.Ordinal), [said]);
        Assert.All(cut.Calls, c => Assert.Equal("[\"", c.Arguments.GetProperty("a").GetString()));
        Assert.EndsWith($"\"]{call[(call.IndexOf("{0}", StringComparison.Ordinal) + 3)..]}", cut.Text, StringComparison.Ordinal);
    }

    /// <summary>As pydantic writes an optional text, and a named list of texts.</summary>
    [Theory]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"null"}]}""", "12345", "\"12345\"")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"null"}]}""", "null", "null")]
    [InlineData("""{"anyOf":[{"type":"integer"},{"type":"null"}]}""", "12345", "12345")]
    [InlineData("""{"$ref":"#/$defs/Kind"}""", "true", "\"true\"")]
    [InlineData("""{"const":"10"}""", "10", "\"10\"")]
    [InlineData("""{"enum":[1,"2"]}""", "1", "1")]
    public void Nested_schemas_tell_texts_from_other_values(string schema, string value, string wanted)
    {
        var parameters = """{"properties":{"a":SCHEMA},"$defs":{"Kind":{"enum":["true","false"]}}}""".Replace("SCHEMA", schema, StringComparison.Ordinal);
        var call = $"<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>{value}</arg_value>\n</tool_call>";
        var (_, calls) = Format("glm").Read(call, [new ChatTool("f", "", JsonElement.Parse(parameters))]);
        Assert.Equal(wanted, Assert.Single(calls).Arguments.GetProperty("a").GetRawText());
    }

    [Theory]
    [InlineData("glm", "<tool_call>write_file\n<arg_key>path</arg_key>\n<arg_value>a.txt</arg_value>\n")]
    [InlineData("glm", "<tool_call>write_file\n<arg_key>path</arg_key>\n<arg_value>a.txt</arg_value>\n<arg_k")]
    [InlineData("glm", "<tool_call>delete_all\n")]
    [InlineData("qwen3-coder", "<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n")]
    public void A_call_whose_parameters_may_go_on_is_incomplete(string name, string text)
    {
        var reader = new ReplyReader(Format(name), Thinking.None);
        Assert.DoesNotContain(Pieces(reader, text, 1000), piece => piece.Call is not null);
        Assert.NotEqual("", reader.Incomplete);
    }

    [Theory]
    [InlineData("qwen3-coder"), InlineData("glm")]
    public void Parameters_are_written_and_read_back(string name)
    {
        var tool = new ChatTool("f", "", JsonElement.Parse("""{"type":"object","properties":{"s":{"type":"string"},"o":{},"n":{"type":"number"}}}"""));
        string[] texts = ["a", "\n", "é\"\\", " two  words ", "<b></b>", "12", "null", "{}", "", "\n\n x", "[\"", "{\"a"];
        Gen.Select(Gen.Int[0, texts.Length - 1], Gen.Int, Gen.Bool).Sample((at, number, flag) =>
        {
            var text = texts[at];
            var other = new { flag, list = new[] { text, "</parameter>", "</arg_value>" } };
            var call = new ChatToolCall("f", JsonSerializer.SerializeToElement(new { s = text, o = other, n = number }), null);
            var read = Assert.Single(Format(name).Read(Format(name).Write([call]), [tool]).Calls);
            Assert.True(JsonElement.DeepEquals(call.Arguments, read.Arguments), read.Arguments.GetRawText());
        });
    }

    static ReplyPiece[] Pieces(ReplyReader reader, string text, int size)
    {
        ReplyPiece[] pieces = [.. text.Chunk(size).SelectMany(part => reader.Add(new string(part)))];
        return [.. pieces, .. reader.Finish()];
    }

    [Theory, MemberData(nameof(Written))]
    public void Cut_anywhere_the_pieces_are_the_same(string name, string text)
    {
        text = "Let me see <b>[1]</b>: " + text;
        foreach (var size in new[] { 1, 2, 3, 7, 1000 })
        {
            var reader = new ReplyReader(Format(name), Thinking.None);
            var pieces = Pieces(reader, text, size);
            Assert.Equal("Let me see <b>[1]</b>:", string.Concat(pieces.Select(p => p.Text)));
            Assert.Equal(["get_weather", "get_time"], pieces.Where(p => p.Call is not null).Select(p => p.Call!.Name));
            Assert.Equal("", reader.Incomplete);
        }
    }

    [Fact]
    public void Text_before_a_call_is_not_held_back()
    {
        var reader = new ReplyReader(Format("hermes"), Thinking.None);
        Assert.Equal("Well", string.Concat(reader.Add("Well ").Select(p => p.Text)));
        Assert.Equal(" then", string.Concat(reader.Add("then <tool").Select(p => p.Text)));
        Assert.Equal(" <tools> are", string.Concat(reader.Add("s> are").Select(p => p.Text)));
        Assert.Empty(reader.Add("\n<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"}"));
        Assert.Equal("}", Assert.Single(reader.Add("\"}}")).Call!.Arguments.GetProperty("a").GetString()); // before its closing mark
        Assert.Empty(reader.Finish());
    }

    [Theory]
    [InlineData("hermes", "<tool_call>{\"city\": 1}</tool_call> no")]
    [InlineData("hermes", "<tool_call>get_weather</tool_call>")]
    [InlineData("hermes", "<tool_call>{\"name\": \"f\", \"arguments\": 3}</tool_call>")]
    [InlineData("hermes", "<tool_call>{\"name\": \"f\", \"arguments\": {nonsense}}</tool_call>")]
    [InlineData("mistral", "[TOOL_CALLS] is a mark")]
    [InlineData("mistral-args", "[TOOL_CALLS] is a mark")]
    [InlineData("granite", "<|tool_call|>(f)")]
    [InlineData("llama3", "{\"name\": \"f\"} is JSON")]
    [InlineData("qwen3-coder", "<tool_call>{\"name\": \"f\"}</tool_call>")]
    [InlineData("qwen3-coder", "<tool_call><function=f>text</function></tool_call>")]
    [InlineData("glm", "<tool_call>f<arg_key>a</arg_key>b</tool_call>")]
    [InlineData("deepseek", "<｜tool▁calls▁begin｜> is a mark")]
    [InlineData("deepseek", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n{}")]
    [InlineData("deepseek-args", "<｜tool▁calls▁begin｜> is a mark")]
    public void What_only_looks_like_a_call_stays_text(string name, string text) => Assert.Equal((text, 0), Count(Format(name).Read(text)));

    [Theory]
    [InlineData("hermes", "<tool_call>\n{\"name\": \"f\", \"argu")]
    [InlineData("llama3", "{\"name\": \"f\", \"parameters\": {\"a\"")]
    [InlineData("mistral", "[TOOL_CALLS] [{\"name\"")]
    [InlineData("mistral-args", "[TOOL_CALLS]f[ARGS]{")]
    [InlineData("qwen3-coder", "<tool_call>\n<function=f>\n<parameter=a>\nb\n</param")]
    [InlineData("glm", "<tool_call>f\n<arg_key>a</arg_key>\n<arg_v")]
    [InlineData("deepseek", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{")]
    [InlineData("deepseek-args", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{}")]
    public void A_call_that_is_cut_off_is_incomplete(string name, string text)
    {
        var reader = new ReplyReader(Format(name), Thinking.None);
        Assert.Empty(reader.Add(text).Concat(reader.Finish()));
        Assert.Equal(text, reader.Incomplete);
    }

    [Theory]
    [InlineData(0, "<think>\nwell</think>\n\nHello", "\nwell", "Hello")]
    [InlineData(1, "well</think>\n\nHello", "well", "Hello")]
    [InlineData(0, "<thin air>", "", "<thin air>")]
    [InlineData(0, "Hello <think>", "", "Hello <think>")]
    public void Thoughts_come_apart_from_the_text(int opened, string reply, string thoughts, string text)
    {
        foreach (var size in new[] { 1, 3, 100 })
        {
            var reader = new ReplyReader(Format("hermes"), opened == 1 ? Thinking.Opened : Thinking.May);
            var pieces = Pieces(reader, reply, size);
            Assert.Equal((thoughts, text), (string.Concat(pieces.Select(p => p.Reasoning)), string.Concat(pieces.Select(p => p.Text))));
        }
    }

    [Fact]
    public void A_tool_needs_a_name_of_its_own_that_can_be_written()
    {
        Assert.Equal("a tool is named 'say \"hi\"'; expected letters, digits, and _ - . : /",
            Assert.Throws<ArgumentException>(() => ToolCallFormat.Check([ToolTemplates.Clock with { Name = "say \"hi\"" }])).Message);
        Assert.Equal("two tools are named get_time; expected another name for one of them",
            Assert.Throws<ArgumentException>(() => ToolCallFormat.Check([ToolTemplates.Clock, ToolTemplates.Clock])).Message);
    }

    /// <summary>Whatever a model writes: nothing is lost but white space before a call, and how the text is cut changes nothing.</summary>
    [Fact]
    public void Any_text_is_read_without_loss()
    {
        string[] parts =
        [
            "<tool_call>", "</tool_call>", "[TOOL_CALLS]", "[ARGS]", "[CALL_ID]", "<|tool_call|>", "<|python_tag|>", "<think>", "</think>",
            "<function=f>", "<parameter=a>", "</parameter>", "</function>", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>", "<｜tool▁calls▁begin｜>",
            "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>", "function", "```json", "```",
            "{\"name\": \"f\", ", "\"arguments\": {}}",
            "\"parameters\": {\"a\": \"}\"}}", "[", "]", "{", "}", ",", "\"", "\\", " ", "\n", "f", "<", "\ud83d", "é",
        ];
        Gen.Int[0, parts.Length - 1].Array[0, 12].Select(Gen.Int[0, ToolCallFormat.All.Count - 1], Gen.Int[1, 9], Gen.Int[0, 2])
            .Sample((picks, format, size, thinking) =>
        {
            var text = string.Concat(picks.Select(p => parts[p]));
            string Read(int pieces)
            {
                var reader = new ReplyReader(ToolCallFormat.All[format], (Thinking)thinking);
                var read = Pieces(reader, text, pieces);
                Assert.True(read.Sum(p => p.Text.Length + p.Reasoning.Length) + reader.Incomplete.Length <= text.Length);
                if (read.All(p => p.Call is null) && thinking == 0)
                    Assert.Equal(Plain(text), Plain(string.Concat(read.Select(p => p.Text)) + reader.Incomplete));
                var (shown, thoughts) = (string.Concat(read.Select(p => p.Text)), string.Concat(read.Select(p => p.Reasoning)));
                return Plain($"{shown}|{thoughts}|{string.Join(' ', read.Select(p => p.Call?.Name))}|{reader.Incomplete}");
            }
            Assert.Equal(Read(1000), Read(size));
        });

        static string Plain(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
    }
}
