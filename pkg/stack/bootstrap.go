package stack

import "context"

// toolkit is the stack that `cdk bootstrap` makes, unless it is told otherwise.
const toolkit = "CDKToolkit"

// Bootstrapped tells whether `cdk bootstrap` has prepared the account and region,
// and names them as that command wants it: "aws://<account>/<region>".
func Bootstrapped(ctx context.Context, o Options) (ready bool, place string, err error) {
	_, c, err := connect(ctx, o)
	if err != nil {
		return false, "", err
	}
	found, err := c.describe(ctx, toolkit)
	if err != nil {
		return false, "", c.who.explain(ctx, err)
	}
	c.who.look(ctx)
	return found != nil, "aws://" + c.who.account + "/" + c.who.region, nil
}
