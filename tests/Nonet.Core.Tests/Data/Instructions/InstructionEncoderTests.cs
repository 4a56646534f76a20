using Nonet.Data.Instructions;
using Nonet.Files;
using Nonet.Tests.Goldens;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Tests.Data.Instructions;

/// <summary>Which tokens are supervised: the assistant's, by their place in the text. A byte tokenizer makes places of text and tokens equal.</summary>
public class InstructionEncoderTests
{
    const string ChatMl =
        "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

    /// <summary>Renders the last answer with thoughts before it, and earlier answers without, as Qwen 3 does.</summary>
    const string Thinking =
        "{% for m in messages %}{{ '<|' + m.role + '|>' }}{% if m.role == 'assistant' and loop.last %}{{ '(think)' }}{% endif %}{{ m.content + '<|end|>\n' "
        + "}}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

    static readonly ExamplePlace place = new("data.jsonl", "line 3");
    static readonly ByteTokenizer tokenizer = new();

    static InstructionExample Chat(params (string Role, string Text)[] turns) =>
        InstructionExample.Chat([.. turns.Select(t => new ChatMessage(t.Role, t.Text))], place);

    static string Supervised(SupervisedTokens tokens) => tokenizer.Decode([.. tokens.Ids.Where((_, i) => tokens.Supervised[i])]);

    static string Supervised(string template, params (string Role, string Text)[] turns) =>
        Supervised(new InstructionEncoder(tokenizer, ChatTemplate.Parse(template)).Encode(Chat(turns)));

    [Fact]
    public void Each_answer_is_supervised_up_to_its_end_mark() =>
        Assert.Equal("Hello<|end|>Bye<|end|>",
            Supervised(ChatMl, ("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello"), ("user", "Go"), ("assistant", "Bye")));

    [Fact]
    public void Words_of_the_assistant_in_the_mouth_of_the_user_are_not_supervised() =>
        Assert.Equal("Hi<|end|>", Supervised(ChatMl, ("user", "Hi<|end|>\n<|assistant|>Hi"), ("assistant", "Hi"))); // by place, never by id

    [Fact]
    public void A_generation_block_says_what_is_supervised() =>
        Assert.Equal("AB",
            Supervised(ChatMl.Replace("m.content", "''", StringComparison.Ordinal)
            .Replace("+ '<|end|>", "}}{% generation %}{{ m.content if m.role == 'assistant' }}{% endgeneration %}{{ '<|end|>", StringComparison.Ordinal),
            ("user", "x"), ("assistant", "A"), ("user", "y"), ("assistant", "B")));

    [Fact]
    public void An_answer_that_is_rendered_differently_when_others_follow_is_found_by_its_text() =>
        Assert.Equal("A<|end|>(think)B<|end|>", Supervised(Thinking, ("user", "x"), ("assistant", "A"), ("user", "y"), ("assistant", "B")));

    [Fact]
    public void A_template_that_changes_its_answers_is_an_error_with_file_and_line()
    {
        const string counting = "{% for m in messages %}{{ messages | length ~ m.role ~ m.content }}{% endfor %}";
        Assert.Contains("data.jsonl: found a conversation of which the chat template renders turn 2 differently when others follow in line 3",
            Assert.Throws<MalformedFileException>(() => Supervised(counting, ("user", "x"), ("assistant", "A"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_that_fails_on_a_row_names_file_and_line() =>
        Assert.Contains("data.jsonl: found a conversation on which the chat template fails (", Assert.Throws<MalformedFileException>(
            () => Supervised("{{ raise_exception('no system') }}", ("user", "x"), ("assistant", "A"))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_completion_is_supervised_with_its_end_token()
    {
        var tokens = new InstructionEncoder(tokenizer, null).Encode(InstructionExample.Text("2 + 2 =", " 4", place));
        Assert.Equal([.. tokenizer.Encode("2 + 2 = 4"), tokenizer.EndOfText], tokens.Ids);
        Assert.Equal([.. Enumerable.Repeat(false, 7), true, true, true], tokens.Supervised);
        Assert.Equal(3, tokens.Targets);
    }

    [Fact]
    public void Without_a_prompt_the_end_of_a_text_stands_before_the_completion()
    {
        var tokens = new InstructionEncoder(tokenizer, null).Encode(InstructionExample.Text("", "Hi", place));
        Assert.Equal([tokenizer.EndOfText, 'H', 'i', tokenizer.EndOfText], tokens.Ids);
        Assert.Equal([false, true, true, true], tokens.Supervised);
    }

    [Fact]
    public void An_encoder_reads_the_prompt_and_the_whole_target_is_supervised()
    {
        var tokens = new InstructionEncoder(tokenizer, null, hasEncoder: true).Encode(Chat(("system", "S"), ("user", "Hi"), ("assistant", "Yo")));
        Assert.Equal(tokenizer.EncodeSource("S\n\nHi"), tokens.Source);
        Assert.Equal(['Y', 'o', tokenizer.EndOfText], tokens.Ids);
        Assert.Equal(3, tokens.Targets);
    }

    [Fact]
    public void A_conversation_needs_a_template() =>
        Assert.Contains("data.jsonl, line 3: found a conversation, but the model has no chat template",
            Assert.Throws<NotSupportedException>(() => new InstructionEncoder(tokenizer, null).Encode(Chat(("user", "x"), ("assistant", "A")))).Message,
                StringComparison.Ordinal);

    [Fact]
    public void An_example_without_a_supervised_token_is_an_error_with_file_and_line() =>
        Assert.Equal("data.jsonl: found no supervised token in line 3; expected at least one token of an answer to train on",
            Assert.Throws<MalformedFileException>(
            () => Supervised("{% for m in messages %}{{ m.content }}{% generation %}{% endgeneration %}{% endfor %}", ("user", "x"), ("assistant", "A")))
            .Message);

    [Fact]
    public void A_cut_example_keeps_its_first_tokens()
    {
        var tokens = new InstructionEncoder(tokenizer, null).Encode(InstructionExample.Text("abc", "def", place)).Cut(5);
        Assert.Equal([.. "abcde".Select(c => (int)c)], tokens.Ids);
        Assert.Equal(2, tokens.Targets);
        Assert.Equal(0, tokens.Cut(3).Targets);
    }

    [Theory]
    [InlineData("llama"), InlineData("mistral"), InlineData("gemma"), InlineData("bpe-qwen2"), InlineData("bpe-o200k"), InlineData("bpe-deepseek"),
        InlineData("unigram")]
    public void The_tokens_of_a_conversation_are_those_of_its_whole_text(string name)
    {
        using var folder = new TemporaryFolder();
        var own = Tokenizer.Load(folder.Add("tokenizer.json", Golden.Unpacked($"tokenizers/{name}/tokenizer.json.gz")));
        var template = ChatTemplate.Parse(ChatMl);
        var example = Chat(("user", "It's  été 北京"), ("assistant", "Yes, it's \U0001F600!"), ("user", " and"), ("assistant", "no"));
        var tokens = new InstructionEncoder(own, template).Encode(example);
        Assert.Equal(own.Encode(template.Render(example.Messages, new ChatTemplateOptions { AddGenerationPrompt = false }), marks: false), tokens.Ids);
        Assert.InRange(tokens.Targets, 2, tokens.Count - 2);
    }
}
