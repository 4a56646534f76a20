using Nonet.Cli.Commands;

namespace Nonet.Cli.Tests;

public sealed class RecipesVerbTests
{
    public static TheoryData<string> Names => [.. ShippedFiles.Recipes.Keys];

    [Fact]
    public async Task Recipes_are_listed_and_those_of_folders_come_last()
    {
        var names = (await Program.Run("recipes")).Out.Split('\n').Skip(1).Select(line => line.Split(' ')[0]).Where(n => n is not ("" or "copy")).ToArray();
        Assert.Equal(ShippedFiles.Recipes.Keys, names);
        Assert.Contains("gpt2-1m", names);
        Assert.Contains("tools/annotate", names);
        Assert.Equal(names.OrderBy(name => name.Contains('/')), names);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_recipe_says_which_command_runs_it(string name) =>
        Assert.Matches($@"^nonet (train|scaling sweep|data mixture|tools annotate) recipes/{name}\.yaml", RecipesCommand.CommandOf(ShippedFiles.Recipes[name]));

    // An installed program's user has nothing but what is copied.
    [Fact]
    public async Task A_copy_comes_with_the_files_that_it_names()
    {
        using var folder = new TemporaryFolder();
        using var process = Program.Start($"cd '{folder.Path}'; ", "recipes", "flan");
        var (code, text, error) = await Program.End(process);
        Assert.True(code == 0, error);
        Assert.True(File.Exists(folder["recipes/flan.yaml"]));
        Assert.True(File.Exists(folder["recipes/mixtures/symbols.yaml"]));
        Assert.Matches(@"next +dotnet \S+ train recipes/flan\.yaml --set from=MODEL\n", text);
    }

    [Fact]
    public async Task An_unknown_recipe_is_answered_with_the_known_ones() =>
        (await Program.Run("recipes", "nope")).AssertRefused(2, "found no recipe 'nope'", "gpt2-1m", "tools/tune");
}
