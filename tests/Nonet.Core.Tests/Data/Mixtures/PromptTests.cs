using Nonet.Data.Instructions;
using Nonet.Data.Mixtures;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Tests.Data.Mixtures;

/// <summary>Prompts of all formats, and what of them is trained on.</summary>
public class PromptTests
{
    static readonly PromptStyle questions = TemplateLibrary.Styles[0];
    static readonly PromptTemplate template = new() { Instruction = "Is it true?" };

    [Theory] // zero-shot and few-shot, answer and chain of thought
    [InlineData(0, 0, "Is it true?\n\nQ: 2 > 1\nA:", " yes")]
    [InlineData(0, 1, "Is it true?\n\nQ: 2 > 1\nCUE\nA:", " One is less. The answer is yes.")]
    [InlineData(1, 0, "Is it true?\n\nQ: 1 > 2\nA: no\n\nQ: 2 > 1\nA:", " yes")]
    [InlineData(1, 1, "Is it true?\n\nQ: 1 > 2\nCUE\nA: Two is more. The answer is no.\n\nQ: 2 > 1\nCUE\nA:", " One is less. The answer is yes.")]
    public void Each_format_is_laid_out_as_written_here(int shots, double reasoning, string prompt, string completion)
    {
        var mixture = Mixture(shots, reasoning, options: 0);
        var number = Enumerable.Range(0, 1000).First(i => mixture.DrawOf(i) is { Style: 0 } d && d.Row == 0);
        var example = mixture[number];
        var cue = TemplateLibrary.Cues.FirstOrDefault(c => example.Prompt.Contains(c, StringComparison.Ordinal)) ?? "no cue";
        Assert.Equal((prompt, completion), (example.Prompt.Replace(cue, "CUE", StringComparison.Ordinal), example.Completion));
    }

    [Fact]
    public void Answer_options_are_listed_after_the_question_and_a_prompt_may_have_no_instruction()
    {
        var listed = Mixture(1, 0, options: 1, withoutInstruction: 1);
        var number = Enumerable.Range(0, 2000)
            .First(i => listed.DrawOf(i) is { Style: 0 } d && d.Row == 0 && listed[i].Prompt.Contains("OPTIONS:", StringComparison.Ordinal));
        Assert.Equal("Q: 1 > 2\nOPTIONS:\n- yes\n- no\nA: no\n\nQ: 2 > 1\nOPTIONS:\n- yes\n- no\nA:", listed[number].Prompt);
    }

    static InstructionMixture Mixture(int shots, double reasoning, double options, double withoutInstruction = 0) => new(
        Rows.Options(Rows.Sub("a") with
        {
            FewShot = shots,
            LeastShots = 1,
            MostShots = 1,
            ChainOfThought = reasoning,
            AnswerOptions = options,
            WithoutInstruction = withoutInstruction
        }),
        [[Rows.Task("t", 0, templates: template) with {
            Rows = [Rows.Row("2 > 1", "yes", "One is less.", "yes", "no"), Rows.Row("1 > 2", "no", "Two is more.", "yes", "no")] }]]);

    [Fact]
    public void A_prompt_never_ends_in_a_blank_and_the_parts_join_to_the_whole()
    {
        foreach (var style in TemplateLibrary.Styles)
        {
            var (prompt, completion) = PromptLayout.Of(new PromptParts("Do.", [("a", "b")], "c", "d"), style);
            Assert.False(char.IsWhiteSpace(prompt[^1]));
            Assert.Equal($"Do.{style.Head}{style.Input}a{style.Between}{style.Target}b{style.Separator}{style.Input}c{style.Between}{style.Target}d",
                prompt + completion);
        }
        Assert.Equal(TemplateLibrary.Styles.Count, TemplateLibrary.Styles.Distinct().Count());
        Assert.True(TemplateLibrary.Styles.Count >= 10);
    }

    [Fact]
    public void Every_family_has_ten_templates_at_least_and_none_twice()
    {
        foreach (var family in Enum.GetValues<TemplateFamily>())
            Assert.True(TemplateLibrary.Of(family).Distinct().Count() is >= 10 and var n && n == TemplateLibrary.Of(family).Count, family.ToString());
    }

    [Fact]
    public void An_example_is_the_same_wherever_one_starts_and_on_any_thread()
    {
        MixtureTask[] tasks = [Rows.Task("t", 50, reasons: true), Rows.Task("u", 20)];
        InstructionMixture New(ulong seed = 1) => new(Rows.Options(Rows.Sub("a") with { Inverted = 0.3 }) with { Seed = seed }, [tasks]);
        var (one, other) = (New(), New());
        var expected = Enumerable.Range(0, 300).Select(i => one[i]).ToArray();
        Assert.Equal(expected[^1].Prompt, New()[299].Prompt); // resumed at one integer
        var read = new InstructionExample[300];
        Parallel.For(0, 300, i => read[299 - i] = other[299 - i]);
        Assert.Equal(expected.Select(e => (e.Prompt, e.Completion)), read.Select(e => (e.Prompt, e.Completion)));
        Assert.NotEqual(expected.Select(e => e.Prompt), Enumerable.Range(0, 300).Select(i => New(2)[i].Prompt));
    }

    [Fact]
    public void Held_out_phrasings_and_rows_are_never_trained_on_and_are_what_is_evaluated()
    {
        PromptTemplate[] phrased = [new() { Instruction = "one" }, new() { Instruction = "two" }, new() { Instruction = "three" }];
        var mixture = new InstructionMixture(Rows.Options(Rows.Sub("a") with { FewShot = 1 }) with { HeldOutTemplates = 1, HeldOutRows = 5 },
            [[Rows.Task("t", 30, templates: phrased)]]);
        for (var i = 0; i < 500; i++)
        {
            Assert.DoesNotContain("three", mixture[i].Prompt, StringComparison.Ordinal);
            for (var held = 25; held < 30; held++)
                Assert.DoesNotContain($"t {held}", mixture[i].Prompt, StringComparison.Ordinal);
        }
        Assert.All(MixtureItems.Of(mixture, MixtureSplit.HeldOutPhrasings, 100), item => Assert.Equal("three", item["instruction"]!.GetValue<string>()));
        var seen = MixtureItems.Of(mixture, MixtureSplit.SeenTasks, 100).ToArray();
        Assert.Equal(Enumerable.Range(25, 5).Select(i => $"Q: t {i}\nA:"), seen.Select(i => i["question"]!.GetValue<string>()));
        Assert.DoesNotContain("three", seen.Select(i => i["instruction"]!.GetValue<string>()));
    }

    [Fact]
    public void Shuffled_instructions_belong_to_any_task()
    {
        MixtureTask[] tasks =
            [.. Enumerable.Range(0, 4).Select(i => Rows.Task($"t{i}", 10, templates: new PromptTemplate { Instruction = $"instruction {i}" }))];
        var mixture = new InstructionMixture(Rows.Options(Rows.Sub("a") with { FewShot = 0 }) with { ShuffleInstructions = true }, [tasks]);
        var right = Enumerable.Range(0, 400)
            .Count(i => mixture[i].Prompt.Contains($"instruction {mixture.Shares[mixture.DrawOf(i).Share].Task.Name[1..]}", StringComparison.Ordinal));
        Assert.InRange(right, 60, 140); // a quarter by chance
    }

    [Fact] // the completion and one end token; nothing of the prompt
    public void The_loss_covers_the_completion_and_the_end()
    {
        var encoder = new InstructionEncoder(new ByteTokenizer(), null);
        var mixture = new InstructionMixture(Rows.Options(Rows.Sub("a") with { Inverted = 0.3 }), [[Rows.Task("t", 20, reasons: true)]]);
        for (var i = 0; i < 100; i++)
        {
            var (example, tokens) = (mixture[i], encoder.Encode(mixture[i]));
            Assert.Equal(example.Completion.Length + 1, tokens.Targets);
            Assert.Equal(example.Prompt.Length, tokens.Supervised.TakeWhile(s => !s).Count());
            Assert.Equal(new ByteTokenizer().EndOfText, tokens.Ids[^1]);
        }
    }

    [Fact] // other tokens, and another length, of a neighbour in the packed batch: not a bit changes
    public void A_packed_neighbour_changes_no_bit_of_an_example()
    {
        var tokenizer = new ByteTokenizer();
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        var model = new Llama(new LlamaConfig { Vocab = tokenizer.Vocab, Context = 1024, Layers = 2, Width = 32, Heads = 4, KvHeads = 2, Hidden = 64 },
            store.Root);
        store.FillForTraining(1);
        var mixture = new InstructionMixture(Rows.Options(Rows.Sub("a")), [[Rows.Task("t", 20)]]);
        var encoder = new InstructionEncoder(tokenizer, null);
        int[] Ids(int i) => encoder.Encode(mixture[i]).Ids;
        float[] Last(params int[][] packed)
        {
            using var scope = new TensorScope();
            var logits = model.Output(model.Forward(Batch.Of(device, packed))).AsSpan<float>();
            return logits[^(packed[^1].Length * tokenizer.Vocab)..].ToArray();
        }
        var expected = Last(Ids(0), Ids(1), Ids(2));
        Assert.Equal(expected, Last(Ids(3), [.. Ids(4), .. Ids(5)], Ids(2)));
        Assert.Equal(expected, Last(Ids(2)));
        Assert.NotEqual(expected, Last(Ids(0), Ids(1), [.. Ids(2)[..^1], 7]));
    }
}
