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
        "last-letters-2", "coin-flip-2", "mawps-addsub", "arithmetic-2d-plus", "words-anagrams1")]
    public void The_tasks_of_the_papers_are_there(params string[] names) => Assert.Empty(names.Except(Names.Select(n => n.Data)));

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
