using Nonet.Data.Instructions;
using Nonet.Files;

namespace Nonet.Tests.Data.Instructions;

public class InstructionFileTests
{
    static InstructionExample[] Read(string text, string name = "data.jsonl", InstructionLayout? layout = null)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[name], text);
        return [.. InstructionFile.Read(folder[name], layout)];
    }

    static string Turns(InstructionExample example) => string.Join(" | ", example.Messages.Select(m => $"{m.Role}: {m.Content}"));

    [Theory]
    [InlineData("""{"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}""",
        "system: S | user: Q | assistant: A")]
    [InlineData("""{"id": 7, "conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}""", "user: Q | assistant: A")]
    [InlineData("""{"system": "S", "conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}""", "system: S | user: Q | assistant: A")]
    [InlineData("""{"instruction": "Add.", "input": "1 2", "output": "3"}""", "user: Add.\n\n1 2 | assistant: 3")]
    [InlineData("""{"instruction": "Add.", "input": "", "output": "3"}""", "user: Add. | assistant: 3")]
    public void Conversations_are_read_by_their_fields(string line, string turns) => Assert.Equal(turns, Turns(Assert.Single(Read(line))));

    [Fact]
    public void A_prompt_with_a_completion_needs_no_turns()
    {
        var example = Assert.Single(Read("""{"prompt": "2 + 2 =", "completion": " 4"}"""));
        Assert.Equal(("2 + 2 =", " 4", false), (example.Prompt, example.Completion, example.IsChat));
    }

    [Fact]
    public void An_array_is_read_like_lines_and_places_are_records()
    {
        var examples = Read("""[{"prompt": "a", "completion": "b"}, {"prompt": "c", "completion": "d"}]""", "data.json");
        Assert.Equal("record 2", examples[1].Place.Row);
    }

    [Fact]
    public void A_layout_that_is_set_is_demanded() =>
        Assert.Contains("no field 'conversations' in line 1",
            Assert.Throws<MalformedFileException>(() => Read("""{"prompt": "a", "completion": "b"}""", layout: InstructionLayout.ShareGpt)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"messages": [{"role": "user", "content": "Q"}]}""", "a conversation without an assistant turn in line 2")]
    [InlineData("""{"messages": []}""", "a conversation without an assistant turn in line 2")]
    [InlineData("""{"messages": [{"role": "assistant", "content": "A"}]}""", "roles out of order: message 1 is the assistant's in line 2")]
    [InlineData("""{"messages": [{"role": "user", "content": "Q"}, {"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}""",
        "roles out of order: message 2 is the user's, after the user's in line 2")]
    [InlineData("""{"messages": [{"role": "user", "content": "Q"}, {"role": "system", "content": "S"}, {"role": "assistant", "content": "A"}]}""",
        "roles out of order: message 2 is the system's, after the user's in line 2")]
    [InlineData("""{"messages": [{"role": "wizard", "content": "Q"}]}""", "a message of the role 'wizard' in line 2")]
    [InlineData("""{"messages": [{"role": "user"}, {"role": "assistant", "content": "A"}]}""", "message 1 without a text in line 2")]
    [InlineData("""{"messages": [{"content": "Q"}]}""", "no field 'role' in line 2, messages[0]")]
    [InlineData("""{"messages": "Q"}""", "'messages' in line 2")]
    [InlineData("""{"conversations": [{"from": "wizard", "value": "Q"}]}""", "a turn from 'wizard' in line 2, conversations[0]")]
    [InlineData("""{"prompt": "Q", "completion": ""}""", "an empty completion in line 2")]
    [InlineData("""{"text": "Q"}""", "fields text in line 2")]
    [InlineData("""{"prompt": """, "broken JSON in line 2")]
    public void A_malformed_example_names_file_and_line(string line, string found)
    {
        var error = Assert.Throws<MalformedFileException>(() => Read("""{"prompt": "a", "completion": "b"}""" + "\n" + line));
        Assert.Contains("data.jsonl: found " + found, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_examples_is_an_error() =>
        Assert.Contains("found no example", Assert.Throws<MalformedFileException>(() => Read("\n\n")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_folder_without_examples_is_an_error()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("found no .jsonl, .ndjson, .json, .parquet in this folder",
            Assert.Throws<FileNotFoundException>(() => InstructionFile.Read(folder.Path).ToArray()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Copies_of_an_example_are_held_out_together()
    {
        var lines = Enumerable.Range(0, 200).Select(i => $$"""{"prompt": "{{i % 100}}", "completion": "x"}""");
        var (train, heldOut) = new InstructionList(Read(string.Join('\n', lines))).Split(0.2, seed: 1);
        Assert.Equal(200, train.Count + heldOut.Count);
        Assert.InRange(heldOut.Count!.Value, 10, 80);
        var held = Enumerable.Range(0, (int)heldOut.Count).Select(i => heldOut[i].Prompt).ToHashSet();
        Assert.DoesNotContain(Enumerable.Range(0, (int)train.Count!).Select(i => train[i].Prompt), held.Contains);
    }
}
