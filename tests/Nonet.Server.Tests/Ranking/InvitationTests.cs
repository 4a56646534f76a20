using Nonet.Server.Ranking;

namespace Nonet.Server.Tests.Ranking;

public class InvitationTests
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public static TheoryData<string> Kinds => StoreUnderTest.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_link_is_for_one_browser_until_the_owner_allows_another(string kind)
    {
        await using var test = await StoreUnderTest.Open(kind);
        var (id, token) = await test.Store.Invite("anna", TimeSpan.FromDays(1), Stopping);
        var first = await test.Store.Join(token, null, Stopping);
        Assert.Equal("anna", (await test.Store.LabellerOfBrowser(first, Stopping)).Name);
        Assert.Equal(first, await test.Store.Join(token, first, Stopping)); // the same browser again
        await Refused("another browser", () => test.Store.Join(token, null, Stopping));
        await Refused("another browser", () => test.Store.Join(token, Secret.Create(), Stopping));
        await test.Store.AllowBrowser(id, Stopping);
        var second = await test.Store.Join(token, null, Stopping);
        Assert.NotEqual(first, second);
        await Refused("no access any more", () => test.Store.LabellerOfBrowser(first, Stopping));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Forged_expired_withdrawn_and_replaced_links_are_refused(string kind)
    {
        await using var test = await StoreUnderTest.Open(kind);
        await Refused("not valid", () => test.Store.Join(Secret.Create(), null, Stopping));
        await Refused("not valid", () => test.Store.Join("", null, Stopping));
        var (id, token) = await test.Store.Invite("anna", TimeSpan.FromDays(1), Stopping);
        var browser = await test.Store.Join(token, null, Stopping);
        await Refused("not valid", () => test.Store.Join(Secret.Digest(token), null, Stopping)); // what the store holds lets nobody in
        await test.Store.Revoke(id, Stopping);
        await Refused("withdrawn", () => test.Store.Join(token, browser, Stopping));
        await Refused("withdrawn", () => test.Store.LabellerOfBrowser(browser, Stopping));
        var (same, newer) = await test.Store.Invite("anna", TimeSpan.FromDays(1), Stopping);
        Assert.Equal(id, same);
        await Refused("not valid", () => test.Store.Join(token, browser, Stopping));
        browser = await test.Store.Join(newer, null, Stopping);
        test.Clock.Now += TimeSpan.FromDays(2);
        await Refused("expired", () => test.Store.Join(newer, browser, Stopping));
        await Refused("expired", () => test.Store.LabellerOfBrowser(browser, Stopping));
        await Refused("no such", () => test.Store.Revoke("nobody", Stopping));
    }

    [Theory]
    [InlineData(""), InlineData(" anna"), InlineData("an\nna"), InlineData("a\0")]
    public async Task Names_that_would_confuse_are_refused(string name)
    {
        await using var test = await StoreUnderTest.Open("SQLite");
        await Refused("name", () => test.Store.Invite(name, TimeSpan.FromDays(1), Stopping));
    }

    [Fact]
    public void Secrets_have_256_random_bits()
    {
        Assert.Equal(43, Secret.Create().Length); // 32 bytes in base 64
        Assert.NotEqual(Secret.Create(), Secret.Create());
    }

    static async Task Refused(string part, Func<Task> work) =>
        Assert.Contains(part, (await Assert.ThrowsAsync<RefusedException>(work)).Message, StringComparison.Ordinal);
}
