using Nonet.Fuzz;

namespace Nonet.Recipes.Tests;

/// <summary>The first cases of bench/fuzz, which has 100,000.</summary>
public sealed class FuzzTests
{
    [Fact]
    public void Malformed_files_are_refused_by_name_and_sound_ones_are_read()
    {
        var campaign = new Campaign(seed: 1, failed: _ => { });
        campaign.Run([.. Enumerable.Range(0, 600)], processes: 2);
        Assert.Equal(600, campaign.Outcomes.Count);
        Assert.All(campaign.Outcomes, o =>
            Assert.True(o.Verdict != Verdict.Failed,
            $"case {o.Number}, {AllReaders.Of(o.Number).Name}: {o.Message}; dotnet run -c Release --project bench/fuzz -- --case {o.Number}"));
        foreach (var reader in AllReaders.Names)
            Assert.Contains(campaign.Outcomes, o => AllReaders.Of(o.Number).Name == reader && new Case(1, o.Number).IsSound && o.Verdict == Verdict.Read);
    }
}
