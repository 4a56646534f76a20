using Nonet.Alignment;
using Nonet.Alignment.Rewards;
using Nonet.Data.Preferences;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tests.Inference;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Tests.Alignment;

public class PromptLayoutTests
{
    const int Start = 257, End = 258;

    const string ChatMl = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    const string Marked =
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'assistant' %}{% generation %}{{ m.content + '<|im_end|>' }}"
        + "{% endgeneration %}{{ '\n' }}{% else %}{{ m.content + '<|im_end|>\n' }}{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    static readonly Tokenizer tokenizer = SpecialTokens.Of("<|im_start|>", "<|im_end|>");

    static PromptLayout Layout(string template = ChatMl) => new(tokenizer, ChatTemplate.Parse(template));

    static int[] Bytes(string text) => [.. System.Text.Encoding.UTF8.GetBytes(text).Select(b => (int)b)];

    static int[] Turn(string role, string text) => [Start, .. Bytes($"{role}\n{text}"), End, 10];

    static int[] Asked(params int[][] turns) => [.. turns.SelectMany(t => t), Start, .. Bytes("assistant\n")];

    [Theory]
    [InlineData(ChatMl), InlineData(Marked)]
    public void A_text_is_the_users_message_and_an_answer_ends_with_the_end_of_the_turn(string template)
    {
        var layout = Layout(template);
        var (prompt, answer) = layout.Encode(new Prompt("Hi"), "Yo");
        Assert.Equal([Start, 117, 115, 101, 114, 10, 72, 105, End, 10, Start, 97, 115, 115, 105, 115, 116, 97, 110, 116, 10], prompt);
        Assert.Equal([89, 111, End], answer);
        Assert.Equal(prompt, layout.Prompt(new Prompt("Hi")));
        Assert.Equal([End], layout.EndTokens);
    }

    [Theory]
    [InlineData(ChatMl), InlineData(Marked)]
    public void Answers_to_a_prompt_differ_in_nothing_else(string template)
    {
        var layout = Layout(template);
        var all = new[] { "", " a", "a\n\nb", "é" }.Select(text => (Text: text, Ids: layout.Encode(new Prompt("Hi"), text))).ToArray();
        Assert.All(all, a => Assert.Equal(layout.Prompt(new Prompt("Hi")), a.Ids.Prompt));
        Assert.All(all, a => Assert.Equal([.. Bytes(a.Text), End], a.Ids.Answer));
    }

    /// <summary>The mark stands around the text alone, and what ends the turn after it.</summary>
    [Fact]
    public void An_answer_may_be_marked_without_the_end_of_its_turn()
    {
        var layout = Layout("{% for m in messages %}{% if m.role == 'assistant' %}{{ 'A: ' }}{% generation %}{{ m.content }}{% endgeneration %}{{ "
            + "'<|im_end|>' }}"
            + "{% else %}{{ 'Q: ' + m.content + ' ' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'A: ' }}{% endif %}");
        Assert.Equal(Bytes("Q: Hi A: "), layout.Prompt(new Prompt("Hi")));
        ChatMessage[] turns = [ChatMessage.User("One?"), ChatMessage.Assistant("Two."), ChatMessage.User("Three?")];
        Assert.Equal([.. Bytes("Q: One? A: Two."), End, .. Bytes("Q: Three? A: ")], layout.Prompt(new Prompt("") { Messages = turns }));
        Assert.Equal(Bytes("Yo"), layout.Encode(new Prompt("") { Messages = turns }, "Yo").Answer);
        Assert.Equal([End], layout.Encode(new Prompt("Hi"), "").Answer);
    }

    /// <summary>DeepSeek R1 opens the reasoning before the answer, and finished turns have none.</summary>
    [Fact]
    public void The_beginning_of_an_answer_may_be_missing_in_a_finished_turn()
    {
        var layout = Layout("{% for m in messages %}{% if m.role == 'assistant' %}{{ '<|im_start|>' + m.content + '<|im_end|>' }}{% else %}"
            + "{{ 'Q: ' + m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|><think>\n' }}{% endif %}");
        var (prompt, answer) = layout.Encode(new Prompt("Yo"), "Yo");
        Assert.Equal([.. Bytes("Q: Yo"), Start, .. Bytes("<think>\n")], prompt);
        Assert.Equal([.. Bytes("Yo"), End], answer);
        Assert.Equal(prompt, layout.Prompt(new Prompt("Yo")));
        Assert.Equal([End], layout.EndTokens);
        Assert.Equal([End], layout.Encode(new Prompt("Yo"), "").Answer);
    }

    [Fact]
    public void Messages_and_transcripts_are_conversations()
    {
        int[] expected = Asked(Turn("user", "One?"), Turn("assistant", "Two."), Turn("user", "Three?"));
        ChatMessage[] messages = [ChatMessage.User("One?"), ChatMessage.Assistant("Two."), ChatMessage.User("Three?")];
        Assert.Equal(expected, Layout().Prompt(new Prompt("") { Messages = messages }));
        var transcript = new Prompt("\n\nHuman: One?\n\nAssistant: Two.\n\nHuman: Three?\n\nAssistant:");
        Assert.Equal(expected, Layout().Prompt(transcript));
        Assert.Equal([.. Bytes("Yo"), End], Layout().Encode(transcript, " Yo").Answer); // the blank belongs to the mark before it
    }

    [Fact]
    public void Without_a_template_a_prompt_is_read_as_it_stands()
    {
        var layout = new PromptLayout(tokenizer);
        Assert.Equal(Bytes("\n\nHuman: Hi\n\nAssistant:"), layout.Prompt(new Prompt("\n\nHuman: Hi\n\nAssistant:")));
        var (prompt, answer) = layout.Encode(new Prompt("Hi"), " Yo");
        Assert.Equal(Bytes("Hi"), prompt);
        Assert.Equal([.. Bytes(" Yo"), 256], answer);
        Assert.Equal([256], layout.Prompt(new Prompt("")));
        Assert.Equal([256], layout.EndTokens);
        var error = Assert.Throws<NotSupportedException>(() => layout.Prompt(new Prompt("Hi") { Messages = [ChatMessage.User("Hi")] }));
        Assert.Contains("found a conversation, but the model has no chat template", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_that_refuses_a_prompt_is_named_with_it()
    {
        var layout = Layout("{% if messages[0].content == 'no' %}{{ raise_exception('never') }}{% endif %}" + ChatMl);
        var error = Assert.Throws<MalformedFileException>(() => layout.Prompt(new Prompt("no")));
        Assert.Contains("'no'", error.Message, StringComparison.Ordinal);
        Assert.Contains("never", error.Message, StringComparison.Ordinal);
    }

    static readonly LlamaConfig config = new() { Vocab = 259, Context = 96, Layers = 1, Width = 16, Heads = 2, KvHeads = 2, HeadWidth = 8, Hidden = 32 };

    [Fact]
    public void The_end_of_the_turn_stops_a_rollout()
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        var model = (ICausalModel)config.Create(store.Root);
        store.FillForTraining(3);
        var layout = Layout();
        using var rollouts = new Rollouts(model, layout, 96, 64);
        var responses = rollouts.Write([.. Enumerable.Repeat(new Prompt("Hi"), 64)], new RolloutOptions { MaxTokens = 24, Seed = 1 },
            stopping: TestContext.Current.CancellationToken);
        Assert.All(responses, r => Assert.Equal(layout.Prompt(new Prompt("Hi")), r.PromptIds));
        Assert.Contains(responses, r => r.Stopped && r.Ids[^1] == End);
        Assert.All(responses, r => Assert.DoesNotContain(End, r.Ids[..^1]));
        Assert.All(responses.Where(r => r.Ids[^1] == End), r => Assert.DoesNotContain("<|im_end|>", r.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_reward_model_reads_responses_by_its_own_layout()
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        var model = (TaskDecoder)config.WithTask(new TaskHead
        {
            Kind = ModelHead.SequenceClassification,
            Labels = ["reward"],
            Problem = LabelProblem.Regression
        }).Create(store.Root);
        store.FillForTraining(3);
        var reward = new RewardModel(model, Layout());
        int[] whole = [.. Asked(Turn("user", "Hi")), .. Bytes("Yo"), End];
        Assert.Equal(whole, reward.Encode("Hi", "Yo").Ids);
        Response Written(PromptLayout layout, bool stopped, params int[] ids) => new()
        {
            Layout = layout,
            Prompt = new Prompt("Hi"),
            PromptIds = layout.Prompt(new Prompt("Hi")),
            Ids = ids,
            Text = "Yo",
            Stopped = stopped
        };
        var plain = new PromptLayout(tokenizer);
        Assert.Equal(whole, reward.Encode(Written(plain, true, [.. Bytes("Yo"), 256])).Ids);
        Assert.Equal(whole[..^1], reward.Encode(Written(plain, false, Bytes("Yo"))).Ids); // cut short: nothing ended it
        Assert.Equal([.. whole[..^1], 256], reward.Encode(Written(Layout(), true, [.. Bytes("Yo"), 256])).Ids); // by ids, as they were written
    }
}
