using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;
using Nonet.Evaluation.Runs;
using Nonet.Evaluation.Tasks;
using Nonet.Recipes.Evaluation;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Tests.Evaluation;

/// <summary>Tasks in YAML: those that come with the program, and what is wrong in others.</summary>
public sealed class TaskFileTests : IDisposable
{
    static readonly string folder = Path.Combine(RecipeFilesTests.Repository, "tasks");

    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(folder, "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Names))]
    public void A_task_that_comes_along_is_read_with_its_variants(string name)
    {
        var file = TaskFile.Load(Path.Combine(folder, $"{name}.yaml"));
        Assert.Equal(name, file.Task().Name);
        Assert.NotNull(file.Task().About);
        foreach (var variant in file.Variants)
            Assert.Equal($"{name}:{variant}", file.Task(variant).Name);
        if (file.Task().Source.Generate is null)
            Assert.NotNull(file.Task().Source.Get); // how to get its files
    }

    /// <summary>Names of tasks that stand in the issue of every harness.</summary>
    [Theory]
    [InlineData("lambada", "hellaswag", "piqa", "arc-easy", "arc-challenge", "winogrande", "boolq", "copa", "mmlu", "triviaqa", "gsm8k", "svamp", "aqua", "bbh",
        "last-letters-2", "coin-flip-2", "mawps-addsub", "asdiv", "lama-trex", "templama", "dateset", "popqa", "nq-open", "webqs",
        "arithmetic-2d-plus", "words-anagrams1")]
    public void The_tasks_of_the_papers_are_there(params string[] names) => Assert.Empty(names.Except(Names.Select(n => n.Data)));

    /// <summary>The prompts of Toolformer, zero-shot, with what is read of each item and which tools are off.</summary>
    [Theory]
    [InlineData("svamp:toolformer", "reasoning/svamp/SVAMP.json", """[{"Body": "Mara has 4 pens", "Question": "How many?", "Answer": 4.0}]""",
        "Mara has 4 pens. How many? The answer is", "4.0", "", null)]
    [InlineData("mawps-addsub:toolformer", "reasoning/mawps/mawpsaddsub.jsonl", """{"input": "How many pens?", "target": 4.0}""",
        "How many pens? The answer is", "4.0", "", null)]
    [InlineData("asdiv:toolformer", "asdiv/asdiv.jsonl", """{"body": "Mara has 4 pens.", "question": "How many?", "answer": "4 (pens)"}""",
        "Mara has 4 pens. How many? The answer is", "4", "", null)]
    [InlineData("lama-trex", "toolformer/lama/P36.test.jsonl",
        """{"obj_label": "Paris", "evidences": [{"obj_surface": "Paris", "masked_sentence": "The capital of France is [MASK]."}]}""",
        "Please complete the following text so that it is factually correct: The capital of France is", "Paris", "WikiSearch", null)]
    [InlineData("templama", "templama/test.json", """{"query": "Ada plays for _X_.", "answer": [{"name": "Rome"}, {"name": "AS Rome"}], "date": "2014"}""",
        "Please complete the following text so that it is factually correct: Ada plays for", "Rome", "", "2014-07-01")]
    [InlineData("popqa", "toolformer/popqa_subsample.jsonl", """{"question": "Who is it", "golden_answers": ["Ada", "A"]}""",
        "Answer the following question: Who is it?", "Ada", "QA", null)]
    [InlineData("nq-open", "nq-open/dev.jsonl", """{"question": "who is it", "answer": ["Ada"]}""",
        "Answer the following question: who is it?", "Ada", "QA", null)]
    [InlineData("webqs", "webqs/test.jsonl", """{"question": "who is it?", "answers": ["Ada"]}""",
        "Answer the following question: who is it?", "Ada", "QA", null)]
    public async Task Tasks_of_Toolformer_are_asked_as_in_its_paper(string name, string file, string item, string prompt, string gold, string off,
        string? today)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(temporary[file])!);
        File.WriteAllText(temporary[file], item);
        var (task, _) = new TaskLibrary(folder).Open(name);
        var loaded = LoadedTask.Read(task, new TaskFolders(temporary.Path));
        var asked = new AskedModel();
        var result = await new Evaluator(asked, new EvaluationOptions(), new ResultCache(null, "")).Run(loaded, task.Shots,
            stopping: TestContext.Current.CancellationToken);
        var request = Assert.Single(asked.Requests);
        Assert.Equal((prompt, off, today), (request.Prompt.Text, string.Join(',', request.ToolsOff), request.Today?.ToString("yyyy-MM-dd")));
        Assert.StartsWith(gold, result.Items[0].Gold, StringComparison.Ordinal);
        Assert.Equal(1, result.Figures[0].Estimate.Value);
        Assert.Equal(1, result.Figures.Single(f => f.Metric == "call_rate").Estimate.Value);
    }

    /// <summary>Says all right answers, after a call.</summary>
    sealed class AskedModel : ITextModel
    {
        public string Name => "asked";
        public string Digest => "";
        public ChatMode Chat => ChatMode.Off;
        public List<TextRequest> Requests { get; } = [];

        public Task Write(IReadOnlyList<TextRequest> requests, Action<int, WrittenText> done, CancellationToken stopping)
        {
            Requests.AddRange(requests);
            for (var i = 0; i < requests.Count; i++)
                done(i, new WrittenText(" = 4 Ada Paris Rome", "stop_text", null, null) { Calls = 1 });
            return Task.CompletedTask;
        }
    }

    static readonly string[] questions =
    [
        """{"question": "Mara has 4 pens and buys 9 more. How many pens has she?", "answer": "She has 4 + 9 = <<4+9=13>>13 pens.\n#### 13"}""",
        """{"question": "A ticket costs $12. What do 3 cost?", "answer": "3 * 12 = <<3*12=36>>36\n#### 36"}""",
    ];

    /// <summary>The prompts byte for byte: eight exemplars, blank lines between them, no blank at the end.</summary>
    [Theory]
    [InlineData(null, "gsm8k-direct.txt")]
    [InlineData("cot", "gsm8k-cot.txt")]
    [InlineData("equation", "gsm8k-equation.txt")]
    [InlineData("dots", "gsm8k-dots.txt")]
    [InlineData("answer_first", "gsm8k-answer-first.txt")]
    public void Prompts_of_GSM8K_are_as_they_were(string? variant, string golden)
    {
        Directory.CreateDirectory(temporary["reasoning/gsm8k"]);
        File.WriteAllLines(temporary["reasoning/gsm8k/test.jsonl"], questions);
        var task = LoadedTask.Read(TaskFile.Load(Path.Combine(folder, "gsm8k.yaml")).Task(variant), new TaskFolders(temporary.Path));
        var prompts = new Preparation(null, task, 8, new EvaluationOptions()).Prompts().ToArray();
        Assert.Equal(2, prompts.Length);
        var path = Path.Combine(RecipeFilesTests.Repository, "tests", "Nonet.Recipes.Tests", "Evaluation", "Prompts", golden);
        if (Environment.GetEnvironmentVariable("NONET_WRITE_DOCS") == "1")
            File.WriteAllText(path, prompts[0]);
        Assert.Equal(File.ReadAllText(path), prompts[0]);
        Assert.Equal(8, prompts[0].Split("\n\n").Length - 1);
        Assert.EndsWith("\nA:", prompts[0], StringComparison.Ordinal);
        Assert.Equal(prompts[0][..prompts[0].LastIndexOf("Q:", StringComparison.Ordinal)],
            prompts[1][..prompts[1].LastIndexOf("Q:", StringComparison.Ordinal)]);
    }

    [Theory]
    [InlineData("kind: generation\nsource: {test: a.jsonl}\npromt: x\ngold: y\n",
        "3: promt: found an unknown key; expected one of the keys of a task, the nearest is prompt")]
    [InlineData("kind: generation\nsource: {test: a.jsonl, fromat: csv}\ngold: y\n",
        "2: source.fromat: found an unknown key; expected one of the keys of source, the nearest is format")]
    [InlineData("kind: guessing\nsource: {test: a.jsonl}\n",
        "1: kind: found 'guessing'; expected one of log_likelihood, multiple_choice, perplexity, generation")]
    [InlineData("kind: generation\nsource: {test: a.jsonl}\n", "gold is missing")]
    [InlineData("kind: multiple_choice\nsource: {test: a.jsonl}\ngold: x\n", "expected choices or choices_from")]
    [InlineData("kind: generation\nsource: {}\ngold: x\n", "source.test and source.generate; expected exactly one of the two")]
    [InlineData("kind: generation\nsource: {test: a.jsonl}\ngold: x\nmetrics: [accurcy]\n", "metrics holds 'accurcy'")]
    [InlineData("kind: generation\nsource: {test: a.jsonl}\ngold: x\nvariants: [{about: x}]\n",
        "4: variants.0: found keys and values; expected keys and values, name among them")]
    [InlineData("base: gone.yaml\n", "1: base: found 'gone.yaml'; expected the path of a task's file")]
    public void What_is_wrong_in_a_task_is_named_with_its_line(string yaml, string message)
    {
        File.WriteAllText(temporary["bad.yaml"], yaml);
        var e = Assert.Throws<RecipeException>(() => TaskFile.Load(temporary["bad.yaml"]).Task());
        Assert.StartsWith(temporary["bad.yaml"], e.Message, StringComparison.Ordinal);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_key_of_a_variant_is_named_where_it_stands()
    {
        File.WriteAllText(temporary["v.yaml"], "kind: generation\nsource: {test: a.jsonl}\ngold: x\nvariants:\n  - name: long\n    max_tokens: none\n");
        Assert.Contains("v.yaml:6: max_tokens: found 'none'", Assert.Throws<RecipeException>(() => TaskFile.Load(temporary["v.yaml"]).Task("long")).Message,
            StringComparison.Ordinal);
        Assert.Contains("the nearest is long", Assert.Throws<RecipeException>(() => TaskFile.Load(temporary["v.yaml"]).Task("lon")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_is_opened_by_name_or_path_and_another_is_refused()
    {
        var library = new TaskLibrary(folder);
        Assert.Equal("gsm8k:cot", library.Open("gsm8k:cot").Task.Name);
        Assert.Equal("svamp", library.Open(Path.Combine(folder, "svamp.yaml")).Task.Name);
        Assert.Contains("the nearest is gsm8k", Assert.Throws<RecipeException>(() => library.Open("gsm8")).Message, StringComparison.Ordinal);
    }
}
