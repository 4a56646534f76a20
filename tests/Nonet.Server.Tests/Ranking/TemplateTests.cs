using System.Text;
using Nonet.Alignment;
using Nonet.Checkpoints;
using Nonet.Data.Preferences;
using Nonet.Models.Decoders;
using Nonet.Server.Ranking;
using Nonet.Server.Ranking.Store;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Server.Tests.Ranking;

/// <summary>Answers are sampled from the prompt as the chat template lays it out; labellers see the prompt itself.</summary>
public sealed class TemplateTests : IDisposable
{
    const string Template = "{% for m in messages %}<{{ m.role }}> {{ m.content }}\n{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}<assistant> {% endif %}";
    const int Answers = 4, Tokens = 12;

    readonly TemporaryFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public TemplateTests()
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        var config = new LlamaConfig { Vocab = 257, Context = 128, Layers = 2, Width = 32, Heads = 2, KvHeads = 2, Hidden = 64 };
        config.Create(store.Root);
        store.FillForTraining(1);
        foreach (var p in store.Parameters.Where(p => p.Shape.Rank == 2)) // far from uniform, so that another prompt has other answers
            device.Scale(p.Value, 8, new Tensors.Autograd.GradientTarget(p.Value, add: false));
        HuggingFaceFolder.Save(folder["model"], config, store, new ByteTokenizer());
        folder.Add("chat.jinja", Template);
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task Sampled_answers_are_those_to_the_laid_out_prompt_and_the_prompt_shown_is_the_labellers(bool hasTemplate)
    {
        using var device = new CpuDevice(1);
        using var model = LanguageModel.Open(folder["model"], device);
        var format = new InstructionFormat(ModelFile.Open(folder["model"]), folder["chat.jinja"]);
        Candidates[] prompts =
        [
            new("Name a ship.", []),
            new("ignored", []) { Messages = [ChatMessage.User("Hi"), ChatMessage.Assistant("Yes?"), ChatMessage.User("Name a whale.")] },
        ];
        await using var under = await ServerUnderTest.Start(options => options with
        {
            Prompts = hasTemplate ? prompts : prompts[..1],
            Models = [new RankedModel("m", model) { Layout = hasTemplate ? new PromptLayout(format.Tokenizer, format.Template) : null }],
            Answers = Answers,
            MaxTokens = Tokens,
            Seed = 5,
        });
        var template = ChatTemplate.Parse(Template, new Dictionary<string, string> { ["eos_token"] = "<|endoftext|>" });
        foreach (var task in await under.Store.Tasks(Cancel))
        {
            var prompt = prompts.Single(p => p.Prompt == task.Prompt); // as it was given: the template's marks are not shown
            var asked = hasTemplate ? template.Render(prompt.Messages ?? [ChatMessage.User(prompt.Prompt)]) : prompt.Prompt;
            Assert.Equal(await Sampled(model, asked), task.Answers.Select(a => a.Text));
            if (hasTemplate)
                Assert.NotEqual(await Sampled(model, prompt.Prompt), task.Answers.Select(a => a.Text));
        }
    }

    [Fact]
    public async Task Serve_samples_with_the_template_that_it_is_given()
    {
        folder.Add("prompts.jsonl", """{"prompt": "Name a ship."}""" + "\n");
        using (var server = await RankProcess.Start("--prompts", folder["prompts.jsonl"], "--model", folder["model"], "--store", folder["rankings.db"],
            "--port", "0", "--answers", $"{Answers}", "--max-tokens", $"{Tokens}", "--seed", "5", "--template", folder["chat.jinja"], "--threads", "1"))
        {
            await using var store = await RankingStore.OpenAsync(folder["rankings.db"], stopping: Cancel);
            await Eventually.Holds(async () =>
            {
                Assert.False(server.HasExited);
                return (await store.Tasks(Cancel)).Count > 0;
            });
            using var device = new CpuDevice(1);
            using var model = LanguageModel.Open(folder["model"], device);
            var task = Assert.Single(await store.Tasks(Cancel));
            Assert.Equal("Name a ship.", task.Prompt);
            Assert.Equal(await Sampled(model, "<user> Name a ship.\n<assistant> "), task.Answers.Select(a => a.Text));
        }
    }

    /// <summary>Answers to a text, under the seeds of the server's.</summary>
    static async Task<string[]> Sampled(LanguageModel model, string text)
    {
        var answers = new List<string>();
        for (var i = 0; i < Answers; i++)
        {
            var (options, written) = (model.Defaults, new StringBuilder());
            options = options with { MaxTokens = Tokens, Sampler = options.Sampler with { Temperature = 1, Seed = 5 + (ulong)i } };
            await foreach (var token in model.Engine.Generate(model.Tokenizer.Encode(text, marks: false), options, Cancel))
                written.Append(token.Text);
            answers.Add(written.ToString());
        }
        return [.. answers];
    }
}
