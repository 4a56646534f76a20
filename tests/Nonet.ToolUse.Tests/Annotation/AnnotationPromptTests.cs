using Nonet.Files;
using Nonet.ToolUse.Annotation;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Tests.Annotation;

/// <summary>The prompts that ask a model for calls.</summary>
public class AnnotationPromptTests
{
    [Theory] // examples of the paper's prompts: QA 2, WikiSearch 3, MT 3, Calculator 5, Calendar 5
    [InlineData("Calculator", 5), InlineData("Calendar", 5), InlineData("WikiSearch", 3), InlineData("QA", 2), InlineData("MT", 3)]
    public void A_built_in_prompt_has_the_examples_of_the_paper(string tool, int examples)
    {
        var lines = AnnotationPrompt.BuiltIn(tool)!.Write("It was.").Split('\n');
        Assert.Contains($"\"[{tool}(", lines[0], StringComparison.Ordinal);
        Assert.Equal(["Input: It was.", "Output:"], lines[^2..]);
        var inputs = lines.Where(l => l.StartsWith("Input: ", StringComparison.Ordinal)).Select(l => l["Input: ".Length..]).SkipLast(1).ToArray();
        var outputs = lines.Where(l => l.StartsWith("Output: ", StringComparison.Ordinal)).Select(l => l["Output: ".Length..]).ToArray();
        Assert.Equal(examples, inputs.Length);
        Assert.Equal(inputs, outputs.Select(o => new CallReader().Remove(o))); // an output is its input with calls
        Assert.All(outputs, o => Assert.All(new CallReader().Find(o), found => Assert.Equal((CallForm.Call, tool), (found.Form, found.Call?.Tool))));
        Assert.All(outputs, o => Assert.NotEmpty(new CallReader().Find(o)));
    }

    [Fact]
    public void The_examples_of_the_calculator_are_right()
    {
        var prompt = AnnotationPrompt.BuiltIn("Calculator")!.Write("");
        var found = new CallReader().Find(prompt).Where(f => f.Call is { Input: not "expression" }).ToArray();
        Assert.Equal(["800", "88", "432", "63", "13.10"], found.Select(f => CalculatorTool.Calculate(f.Call!.Input)));
        Assert.All(found, f => Assert.StartsWith(CalculatorTool.Calculate(f.Call!.Input)!, prompt[f.End..].TrimStart(), StringComparison.Ordinal));
    }

    [Fact]
    public void A_prompt_of_the_user_names_where_the_text_stands()
    {
        using var folder = new TemporaryFolder();
        folder.Add("good.txt", "Add calls.\r\n{text}\r\nOut:\r\n");
        Assert.Equal("Add calls.\nIt was.\nOut:", AnnotationPrompt.Read(folder["good.txt"]).Write("It was."));
        folder.Add("bad.txt", "Add calls.");
        Assert.Contains("{text}", Assert.Throws<MalformedFileException>(() => AnnotationPrompt.Read(folder["bad.txt"])).Message, StringComparison.Ordinal);
        Assert.Contains("none.txt", Assert.Throws<FileNotFoundException>(() => AnnotationPrompt.Read(folder["none.txt"])).Message, StringComparison.Ordinal);
        Assert.Null(AnnotationPrompt.BuiltIn("Stock"));
        Assert.Equal("", new AnnotationPrompt("").Write("It was."));
    }
}
